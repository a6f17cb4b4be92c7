package io.cyphonic.bench;

import io.cyphonic.engine.packet.IpPacket;
import io.cyphonic.engine.session.BatchMarks;
import io.cyphonic.engine.session.Session;
import io.cyphonic.engine.session.SharedTunnelMap;
import io.cyphonic.engine.session.Tunnel;
import io.cyphonic.engine.session.TunnelTable;
import io.cyphonic.signaling.handshake.CipherSuite;
import io.cyphonic.signaling.handshake.SessionKeys;
import io.cyphonic.signaling.state.ChronicleStateStore;
import io.cyphonic.signaling.state.StateStore;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Finding the tunnel of a packet: by virtual address in the shared Chronicle Map (outbound, once
 * per batch), by receiver index in an array (inbound), and, for comparison, in a HashMap. See
 * docs/adr/0005.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class TunnelLookupBenchmark {
    @Param({"1", "10", "1000"})
    public int tunnels;

    private StateStore store;
    private TunnelTable table;
    private SharedTunnelMap.Cursor cursor;
    private final Map<Integer, Tunnel> hashed = new HashMap<>();
    private byte[][] keys;
    private int[] receiverIndexes;
    private int next;

    /** Opens the tunnels, each with a session. */
    @Setup
    public void setUp() {
        store = new ChronicleStateStore();
        table =
                new TunnelTable(
                        store,
                        Math.max(16, tunnels),
                        new SecureRandom(),
                        new BatchMarks(),
                        new BatchMarks());
        cursor = table.map().new Cursor();
        keys = new byte[tunnels][IpPacket.ADDRESS_KEY_LENGTH];
        receiverIndexes = new int[tunnels];
        for (int i = 0; i < tunnels; i++) {
            byte[] address = {10, 121, (byte) (i >> 8), (byte) i};
            int tunnel = table.open(address, null, null);
            IpPacket.addressKey(address, keys[i]);
            receiverIndexes[i] = table.reserve(tunnel);
            table.install(tunnel, receiverIndexes[i], i, sessionKeys(), true, 0);
            hashed.put(receiverIndexes[i], table.tunnel(tunnel));
        }
    }

    private static SessionKeys sessionKeys() {
        int length = SessionKeys.KEY_LENGTH;
        return new SessionKeys(CipherSuite.AES_GCM_SHA256, new byte[length], new byte[length]);
    }

    /** Releases the memory outside the heap. */
    @TearDown
    public void tearDown() {
        table.close();
        store.close();
    }

    private int next() {
        next = next + 1 < tunnels ? next + 1 : 0;
        return next;
    }

    /** Outbound: destination address to tunnel. */
    @Benchmark
    public Tunnel byAddressInChronicleMap() {
        return table.tunnel(cursor.find(keys[next()]));
    }

    /** Inbound: receiver index to session. */
    @Benchmark
    public Session byReceiverIndexInArray() {
        return table.session(receiverIndexes[next()]);
    }

    /** What an ordinary map would cost: boxes its key. */
    @Benchmark
    public Tunnel byReceiverIndexInHashMap() {
        return hashed.get(receiverIndexes[next()]);
    }
}
