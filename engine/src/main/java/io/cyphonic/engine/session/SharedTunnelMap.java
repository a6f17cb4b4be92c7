package io.cyphonic.engine.session;

import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.signaling.state.StateStore;
import io.cyphonic.signaling.state.StateTable;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The shared in-memory table from virtual addresses to tunnel indexes, off the heap: signaling
 * workers write it, the outbound stage reads it. IPv4 addresses are mapped into IPv6 ones.
 *
 * <pre>
 *  key     16 bytes   virtual address
 *  record   8 bytes   expiry: never
 *           4 bytes   tunnel index
 *           4 bytes   reserved, zero
 * </pre>
 *
 * <p>Writers are serialised by the {@link TunnelTable}; readers bring a {@link Cursor} of their
 * own.
 */
public final class SharedTunnelMap {
    private static final int RECORD_LENGTH = 16;
    private static final int INDEX_FIELD_OFFSET = 8;
    private static final int ADDRESSES_PER_TUNNEL = 2;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final StateTable table;

    /**
     * Makes the table in the store.
     *
     * @param maxTunnels bound; a tunnel has up to two addresses
     */
    public SharedTunnelMap(StateStore store, int maxTunnels) {
        table =
                store.createTable(
                        "tunnels-by-address",
                        IpPacket.ADDRESS_KEY_LENGTH,
                        RECORD_LENGTH,
                        Math.max(16, ADDRESSES_PER_TUNNEL * maxTunnels));
    }

    /** Writes an entry; false when the table is full. */
    boolean put(byte[] address, int tunnelIndex) {
        byte[] record = new byte[RECORD_LENGTH];
        LONG.set(record, 0, Long.MAX_VALUE);
        INT.set(record, INDEX_FIELD_OFFSET, tunnelIndex);
        return table.put(keyOf(address), record);
    }

    /** Removes an entry if it is this tunnel's. */
    void remove(byte[] address, int tunnelIndex) {
        byte[] key = keyOf(address);
        byte[] record = new byte[RECORD_LENGTH];
        if (table.get(key, record) && (int) INT.get(record, INDEX_FIELD_OFFSET) == tunnelIndex) {
            table.remove(key, null);
        }
    }

    private static byte[] keyOf(byte[] address) {
        byte[] key = new byte[IpPacket.ADDRESS_KEY_LENGTH];
        IpPacket.addressKey(address, key);
        return key;
    }

    /** A reader of the map; one per thread, does not allocate after construction. */
    public final class Cursor {
        private final byte[] record = new byte[RECORD_LENGTH];

        /** Made once per thread. */
        public Cursor() {}

        /**
         * Finds the tunnel of an address.
         *
         * @param key 16 bytes
         * @return the tunnel index, or -1
         */
        public int find(byte[] key) {
            return table.get(key, record) ? (int) INT.get(record, INDEX_FIELD_OFFSET) : -1;
        }
    }
}
