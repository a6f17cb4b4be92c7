package io.cyphonic.signaling.relay;

import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.protocol.Id128;

import org.agrona.collections.Int2ObjectHashMap;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The channels of a relay, by number and by path. Bounded, in total and per source address, so that
 * one node with many grants does not keep out the others. Owned by the relay's thread.
 */
final class RelayTable {
    private final Int2ObjectHashMap<RelayChannel> byNumber = new Int2ObjectHashMap<>();
    private final Map<Id128, RelayChannel[]> byPath = new HashMap<>();
    private final SecureRandom random;
    private final int maxChannels;
    private final int maxPerAddress;

    RelayTable(SecureRandom random, int maxChannels) {
        this.random = random;
        this.maxChannels = maxChannels;
        this.maxPerAddress = Math.max(1, maxChannels / 4);
    }

    int size() {
        return byNumber.size();
    }

    RelayChannel find(int number) {
        return byNumber.get(number);
    }

    RelayChannel find(Id128 pathId, int side) {
        RelayChannel[] sides = byPath.get(pathId);
        return sides == null ? null : sides[side];
    }

    /** A new channel for one end of a path that has none, or {@code null} if there is no room. */
    RelayChannel create(Id128 pathId, int side, Endpoint source, long nowNs) {
        if (byNumber.size() >= maxChannels || isOverShare(source)) {
            return null;
        }
        int number = random.nextInt();
        while (byNumber.containsKey(number)) {
            number = random.nextInt();
        }
        RelayChannel channel = new RelayChannel(number, pathId, side, nowNs);
        RelayChannel[] sides = byPath.computeIfAbsent(pathId, _ -> new RelayChannel[2]);
        sides[side] = channel;
        RelayChannel other = sides[1 - side];
        if (other != null) {
            channel.peer = other;
            other.peer = channel;
        }
        byNumber.put(number, channel);
        return channel;
    }

    /** Removes the channels that nobody used for a while, and those whose grant has ended. */
    void sweep(long idleNs, long nowNs, long nowMillis) {
        removeIf(
                channel -> nowNs - channel.activeNs >= idleNs || channel.expiryMillis <= nowMillis);
    }

    /** Removes some channels. */
    void removeIf(Predicate<RelayChannel> isOver) {
        for (Iterator<RelayChannel> all = byNumber.values().iterator(); all.hasNext(); ) {
            RelayChannel channel = all.next();
            if (isOver.test(channel)) {
                all.remove();
                forget(channel);
            }
        }
    }

    private void forget(RelayChannel channel) {
        RelayChannel[] sides = byPath.get(channel.pathId);
        sides[channel.side] = null;
        RelayChannel other = sides[1 - channel.side];
        if (other == null) {
            byPath.remove(channel.pathId);
        } else {
            other.peer = null;
        }
        channel.code.close();
    }

    private boolean isOverShare(Endpoint source) {
        if (byNumber.size() < maxPerAddress) {
            return false;
        }
        InetAddress address = source.toSocketAddress().getAddress();
        int same = 0;
        for (RelayChannel channel : byNumber.values()) {
            if (channel.endpoint.toSocketAddress().getAddress().equals(address)) {
                same++;
            }
        }
        return same >= maxPerAddress;
    }
}
