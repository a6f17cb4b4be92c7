package io.cyphonic.engine.config;

import java.util.Set;

/**
 * How the packet engine runs; the {@code engine:} section of {@code node.yaml}, checked.
 *
 * @param mode who carries a batch through its stages
 * @param ringSize slots per direction, a power of two from 4 to 1024
 * @param workers parallel seal and open handlers per direction, 1 to 64
 * @param waitStrategy how ring threads wait for each other
 * @param offloads which offloads may be used where the kernel has them
 * @param cipher who encrypts packets
 * @param maxTunnels most tunnels at once, 1 to 65536
 * @param batchLimit when a batch takes no further read
 */
public record EngineConfig(
        Mode mode,
        int ringSize,
        int workers,
        WaitKind waitStrategy,
        Set<Offload> offloads,
        CipherProvider cipher,
        int maxTunnels,
        BatchLimit batchLimit) {
    /** One with the usual limit of batches. */
    public EngineConfig(
            Mode mode,
            int ringSize,
            int workers,
            WaitKind waitStrategy,
            Set<Offload> offloads,
            CipherProvider cipher,
            int maxTunnels) {
        this(
                mode,
                ringSize,
                workers,
                waitStrategy,
                offloads,
                cipher,
                maxTunnels,
                BatchLimit.DEFAULT);
    }

    /**
     * When a batch takes no further read: delay would grow, cost would not. One read may go past
     * it, and always may be the whole batch.
     *
     * @param packets capsules in the batch, 1 to 256
     * @param bytes in the batch, 1 KiB to 64 KiB
     */
    public record BatchLimit(int packets, int bytes) {
        /** The usual one. */
        public static final BatchLimit DEFAULT = new BatchLimit(128, 32 * 1024);
    }

    /** Who carries a batch through its stages. */
    public enum Mode {
        /** The conventional client: one thread does everything for both directions. */
        SERIAL,
        /** Dedicated threads per stage, per direction. */
        PIPELINE,
        /**
         * The staging thread finishes a batch itself while the ring is empty; workers and sender
         * take over as soon as a backlog forms.
         */
        ADAPTIVE
    }

    /** How ring threads wait for each other. */
    public enum WaitKind {
        /** Sleep until woken: least processor time. */
        BLOCKING,
        /** Spin, yield, then park for a moment. */
        SLEEPING,
        /** Spin, then yield. */
        YIELDING,
        /** Spin: shortest delay, one core per thread. */
        BUSY_SPIN,
        /** Spin, yield, then block. */
        PHASED_BACKOFF
    }

    /** Who encrypts packets. */
    public enum CipherProvider {
        /** A native library if the system has a known one, else the Java platform. */
        AUTO,
        /** The Java platform. */
        JCA
    }

    /** Work the kernel can take over, each switchable by itself. */
    public enum Offload {
        /** TCP super-packets on the TUN device. */
        TUN_TSO,
        /** UDP super-packets on the TUN device. */
        TUN_USO,
        /** Queues of the TUN device by flow, so that bulk does not delay other packets. */
        TUN_QUEUES,
        /** Sending many datagrams in one call ({@code UDP_SEGMENT}). */
        UDP_GSO,
        /** Receiving many datagrams in one call ({@code UDP_GRO}). */
        UDP_GRO,
        /** UDP sockets of their own for urgent capsules received: bulk does not delay them. */
        UDP_QUEUES
    }
}
