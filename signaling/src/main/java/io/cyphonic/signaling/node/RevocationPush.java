package io.cyphonic.signaling.node;

import io.cyphonic.signaling.protocol.RelayServer;
import io.cyphonic.signaling.registry.Registry;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Watches the revocation epoch and tells every registered node and every relay when it rises,
 * several times since a datagram may get lost. A node that misses them all learns the epoch from
 * its next keep-alive; a relay, which asks nothing, is told again every few seconds.
 */
public final class RevocationPush implements AutoCloseable {
    /** How often the notice of one epoch is sent. */
    static final int ROUNDS = 3;

    private static final Logger LOG = LoggerFactory.getLogger(RevocationPush.class);

    /** Rounds from one notice to the relays to the next when nothing happens: about 5 s. */
    private static final int ROUNDS_PER_REPETITION = 17;

    private static final long ROUND_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long CLOSE_TIMEOUT_MS = 2000;

    private final Registry registry;
    private final NodeManagement nodeManagement;
    private final RelayRevocations relays;
    private final NmsServer server;
    private final InstantSource clock;
    private final Thread thread;
    private long pushedEpoch;
    private volatile boolean closing;

    /**
     * Revocations up to now count as known to the nodes, not to the relays.
     *
     * @param relays those of the cloud
     * @param relaySecret shared with them; not kept
     */
    public RevocationPush(
            Registry registry,
            NodeManagement nodeManagement,
            List<RelayServer> relays,
            byte[] relaySecret,
            NmsServer server,
            InstantSource clock) {
        this.registry = registry;
        this.nodeManagement = nodeManagement;
        this.relays = new RelayRevocations(registry, relays, relaySecret);
        this.server = server;
        this.clock = clock;
        // Read here, not on the thread: a revocation between the two would never be told.
        this.pushedEpoch = registry.revocationEpoch();
        this.thread = Thread.ofVirtual().name("nms-revocations").unstarted(this::run);
    }

    /** Starts watching. Once. */
    public void start() {
        thread.start();
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (thread.getState() != Thread.State.NEW) {
                thread.join(CLOSE_TIMEOUT_MS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        int roundsLeft = 0;
        int untilRepetition = 0;
        while (!closing) {
            LockSupport.parkNanos(ROUND_INTERVAL_NS);
            try {
                long epoch = registry.revocationEpoch();
                if (epoch > pushedEpoch) {
                    pushedEpoch = epoch;
                    roundsLeft = ROUNDS;
                    LOG.info("Revocation {}: telling the registered nodes and relays", epoch);
                }
                if (closing) {
                    break;
                }
                if (roundsLeft > 0 || untilRepetition == 0) {
                    untilRepetition = ROUNDS_PER_REPETITION;
                    server.send(relays.notices(clock.millis()));
                }
                untilRepetition--;
                if (roundsLeft > 0) {
                    roundsLeft--;
                    server.send(nodeManagement.revocationNotices(clock.millis()));
                }
            } catch (RuntimeException e) {
                LOG.error("Telling nodes and relays of a revocation failed", e);
                roundsLeft = 0;
                untilRepetition = ROUNDS_PER_REPETITION;
            }
        }
        relays.close();
    }
}
