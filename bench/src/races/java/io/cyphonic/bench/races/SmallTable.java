package io.cyphonic.bench.races;

import io.cyphonic.engine.fixtures.MemoryStateStore;
import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.Session;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.net.Endpoint;

import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.Arrays;

/** A tunnel table with room for one tunnel, so that whatever can be used again is at once. */
public final class SmallTable {
    /** The peer that the first tunnel leads to. */
    public static final byte[] ALICE = {10, 121, 0, 1};

    /** Another one. */
    public static final byte[] BOB = {10, 121, 0, 2};

    /** Where a peer is. */
    public static final Endpoint PEER = Endpoint.of(new InetSocketAddress("192.0.2.1", 7447));

    /** What every byte of every key is. */
    public static final byte KEY_BYTE = 0x55;

    private static final int PEER_RECEIVER_INDEX = 99;

    public final BatchMarks outbound = new BatchMarks();
    public final BatchMarks inbound = new BatchMarks();
    public final TunnelTable table =
            new TunnelTable(new MemoryStateStore(), 1, new SameSlot(), outbound, inbound);

    /** Every receiver index in slot 0, if it is free, and each another one. */
    private static final class SameSlot extends SecureRandom {
        private static final long serialVersionUID = 1L;
        private static final int ABOVE_THE_SLOT = 1 << 20;

        private int last;

        @Override
        public int nextInt() {
            last += ABOVE_THE_SLOT;
            return last;
        }
    }

    /** The key of an address in the shared map. */
    public static byte[] keyOf(byte[] address) {
        byte[] key = new byte[IpPacket.ADDRESS_KEY_LENGTH];
        IpPacket.addressKey(address, key);
        return key;
    }

    /** Opens a tunnel. */
    public Tunnel open(byte[] address) {
        return table.tunnel(table.open(address, null, PEER));
    }

    /** Opens a tunnel with a session. */
    public Session openWithSession(byte[] address) {
        return install(open(address), true, 0);
    }

    /** Gives a tunnel a session. */
    public Session install(Tunnel tunnel, boolean confirmed, long nowNanos) {
        int index = table.reserve(tunnel.index());
        installAt(tunnel, index, confirmed, nowNanos);
        return table.session(index);
    }

    /** Gives a tunnel a session whose receiver index was reserved before. */
    public void installAt(Tunnel tunnel, int index, boolean confirmed, long nowNanos) {
        table.install(tunnel.index(), index, PEER_RECEIVER_INDEX, newKeys(), confirmed, nowNanos);
    }

    private static SessionKeys newKeys() {
        return new SessionKeys(CipherSuite.AES_GCM_SHA256, newKey(), newKey());
    }

    private static byte[] newKey() {
        byte[] key = new byte[SessionKeys.KEY_LENGTH];
        Arrays.fill(key, KEY_BYTE);
        return key;
    }
}
