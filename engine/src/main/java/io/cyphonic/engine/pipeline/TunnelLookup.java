package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.session.SharedTunnelMap;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.engine.session.TunnelTable;

import java.util.Arrays;

/**
 * Finds the tunnel of a destination address in the shared state. The last answer is remembered for
 * as long as the table's epoch stays: bulk traffic asks the map once. For one thread.
 */
final class TunnelLookup {
    private final TunnelTable table;
    private final SharedTunnelMap.Cursor cursor;
    private final byte[] lastKey = new byte[IpPacket.ADDRESS_KEY_LENGTH];
    private Tunnel last;
    private int lastEpoch = -1;

    TunnelLookup(TunnelTable table) {
        this.table = table;
        cursor = table.map().new Cursor();
    }

    /** The tunnel of an address key, or {@code null}. */
    Tunnel find(byte[] key) {
        int epoch = table.epoch();
        if (epoch == lastEpoch && Arrays.equals(key, lastKey)) {
            return last;
        }
        int index = cursor.find(key);
        Tunnel tunnel = index < 0 ? null : table.tunnel(index);
        System.arraycopy(key, 0, lastKey, 0, key.length);
        last = tunnel;
        lastEpoch = epoch;
        return tunnel;
    }
}
