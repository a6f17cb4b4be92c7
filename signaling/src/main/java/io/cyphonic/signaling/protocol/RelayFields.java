package io.cyphonic.signaling.protocol;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Grants, relay servers and round trips in the byte strings that version 1 of the schema added.
 * Lists start with the length of an entry, so that entries can grow; all is big-endian.
 *
 * <pre>
 *  relay server (40):  id (2) | IPv4 endpoint (18) | IPv6 endpoint (18) | TLS port (2)
 *  relay grant (72):   relay server (40) | side (1) | 0 (3) | limit (4) | expiry (8) | key (16)
 *  round trip (4):     relay id (2) | milliseconds (2)
 *  list:               entry length (1) | entries ...     (empty list: no byte at all)
 * </pre>
 */
final class RelayFields {
    static final int SERVER_LENGTH = 40;
    static final int GRANT_LENGTH = SERVER_LENGTH + 1 + 3 + 4 + 8 + RelayGrant.KEY_LENGTH;
    static final int ROUND_TRIP_LENGTH = 4;

    private RelayFields() {}

    static byte[] encode(RelayGrant grant) {
        if (grant == null) {
            return new byte[0];
        }
        ByteBuffer bytes = ByteBuffer.allocate(GRANT_LENGTH);
        put(bytes, grant.relay());
        return bytes.putInt(grant.side() << 24)
                .putInt(grant.limit())
                .putLong(grant.expiryMillis())
                .put(grant.channelKey(), 0, RelayGrant.KEY_LENGTH)
                .array();
    }

    /** The grant, or {@code null} for none; {@code reader} is told of what makes no sense. */
    static RelayGrant grant(byte[] encoded, FieldReader reader) {
        if (encoded.length == 0) {
            return null;
        }
        if (encoded.length < GRANT_LENGTH) {
            reader.require(false);
            return null;
        }
        ByteBuffer bytes = ByteBuffer.wrap(encoded);
        RelayServer relay = server(bytes, reader);
        int side = bytes.getInt() >>> 24;
        int limit = bytes.getInt();
        long expiryMillis = bytes.getLong();
        byte[] key = new byte[RelayGrant.KEY_LENGTH];
        bytes.get(key);
        reader.require(side == RelayHeader.INITIATOR || side == RelayHeader.RESPONDER);
        reader.require(limit > 0);
        return new RelayGrant(relay, side, expiryMillis, limit, key);
    }

    static byte[] encodeServers(List<RelayServer> relays) {
        int count = FieldWriter.count(relays, RelayServer.MAX_RELAYS);
        if (count == 0) {
            return new byte[0];
        }
        ByteBuffer bytes = ByteBuffer.allocate(1 + count * SERVER_LENGTH);
        bytes.put((byte) SERVER_LENGTH);
        relays.forEach(relay -> put(bytes, relay));
        return bytes.array();
    }

    static List<RelayServer> servers(byte[] encoded, FieldReader reader) {
        List<RelayServer> relays = new ArrayList<>();
        int entryLength = entryLength(encoded, SERVER_LENGTH, reader);
        for (int i = 1; i < encoded.length && !reader.isMalformed(); i += entryLength) {
            relays.add(server(ByteBuffer.wrap(encoded, i, entryLength), reader));
        }
        return Collections.unmodifiableList(relays);
    }

    static byte[] encodeRoundTrips(List<RelayRoundTrip> roundTrips) {
        int count = FieldWriter.count(roundTrips, RelayServer.MAX_RELAYS);
        if (count == 0) {
            return new byte[0];
        }
        ByteBuffer bytes = ByteBuffer.allocate(1 + count * ROUND_TRIP_LENGTH);
        bytes.put((byte) ROUND_TRIP_LENGTH);
        for (RelayRoundTrip trip : roundTrips) {
            bytes.putShort((short) trip.relayId()).putShort((short) trip.millis());
        }
        return bytes.array();
    }

    static List<RelayRoundTrip> roundTrips(byte[] encoded, FieldReader reader) {
        List<RelayRoundTrip> roundTrips = new ArrayList<>();
        int entryLength = entryLength(encoded, ROUND_TRIP_LENGTH, reader);
        for (int i = 1; i < encoded.length && !reader.isMalformed(); i += entryLength) {
            ByteBuffer bytes = ByteBuffer.wrap(encoded, i, entryLength);
            int relayId = Short.toUnsignedInt(bytes.getShort());
            reader.require(relayId != 0);
            roundTrips.add(new RelayRoundTrip(relayId, Short.toUnsignedInt(bytes.getShort())));
        }
        return Collections.unmodifiableList(roundTrips);
    }

    /** Length of the entries of a list that fits its limits; else the message is malformed. */
    private static int entryLength(byte[] encoded, int least, FieldReader reader) {
        if (encoded.length == 0) {
            return least;
        }
        int entryLength = Byte.toUnsignedInt(encoded[0]);
        reader.require(
                entryLength >= least
                        && (encoded.length - 1) % entryLength == 0
                        && (encoded.length - 1) / entryLength <= RelayServer.MAX_RELAYS);
        return entryLength;
    }

    private static void put(ByteBuffer bytes, RelayServer relay) {
        bytes.putShort((short) relay.id());
        put(bytes, relay.ipv4());
        put(bytes, relay.ipv6());
        bytes.putShort((short) relay.tlsPort());
    }

    private static void put(ByteBuffer bytes, InetSocketAddress endpoint) {
        MappedAddress mapped = MappedAddress.of(endpoint == null ? null : endpoint.getAddress());
        bytes.putLong(mapped.high()).putLong(mapped.low());
        bytes.putShort((short) (endpoint == null ? 0 : endpoint.getPort()));
    }

    private static RelayServer server(ByteBuffer bytes, FieldReader reader) {
        int id = Short.toUnsignedInt(bytes.getShort());
        InetSocketAddress ipv4 = endpoint(bytes, reader);
        InetSocketAddress ipv6 = endpoint(bytes, reader);
        int tlsPort = Short.toUnsignedInt(bytes.getShort());
        reader.require(id != 0 && (ipv4 != null || ipv6 != null));
        reader.require(ipv4 == null || ipv4.getAddress() instanceof java.net.Inet4Address);
        reader.require(ipv6 == null || ipv6.getAddress() instanceof java.net.Inet6Address);
        return new RelayServer(id, ipv4, ipv6, tlsPort);
    }

    private static InetSocketAddress endpoint(ByteBuffer bytes, FieldReader reader) {
        InetAddress address = new MappedAddress(bytes.getLong(), bytes.getLong()).toInetAddress();
        int port = Short.toUnsignedInt(bytes.getShort());
        reader.require((address == null) == (port == 0));
        return address == null || port == 0 ? null : new InetSocketAddress(address, port);
    }
}
