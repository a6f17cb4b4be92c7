package io.cyphonic.signaling.cluster;

import io.aeron.ExclusivePublication;
import io.aeron.FragmentAssembler;
import io.aeron.Image;
import io.aeron.cluster.codecs.CloseReason;
import io.aeron.cluster.service.ClientSession;
import io.aeron.cluster.service.Cluster;
import io.aeron.cluster.service.ClusteredService;
import io.aeron.logbuffer.Header;
import io.cyphonic.signaling.registry.Registry;
import io.cyphonic.signaling.registry.RegistryCommandCodec;
import io.cyphonic.signaling.registry.RegistrySnapshot;
import io.cyphonic.signaling.registry.RegistryStateMachine;

import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.UnsafeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the log to the state machine and answers the session an entry came from. An entry is a
 * correlation id (64 bits, little-endian like all of Aeron's own) and the command; so is an answer.
 *
 * <p>Single-threaded: owned by the service agent. An entry that cannot be applied ends the agent:
 * going on without it would make this member's state differ from its log.
 */
final class RegistryService implements ClusteredService {
    static final int CORRELATION_LENGTH = Long.BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(RegistryService.class);
    private static final int SNAPSHOT_FRAGMENT_LIMIT = 32;

    private final RegistryStateMachine stateMachine;
    private final MutableDirectBuffer answer = new ExpandableArrayBuffer();
    private Cluster cluster;
    private volatile long appliedPosition;
    private volatile Cluster.Role role = Cluster.Role.FOLLOWER;

    RegistryService(RegistryStateMachine stateMachine) {
        this.stateMachine = stateMachine;
    }

    /** Position in the log up to which everything is applied. Any thread. */
    long appliedPosition() {
        return appliedPosition;
    }

    /** Whether this member leads. Any thread. */
    boolean isLeader() {
        return role == Cluster.Role.LEADER;
    }

    @Override
    public void onStart(Cluster startedCluster, Image snapshotImage) {
        cluster = startedCluster;
        role = startedCluster.role();
        if (snapshotImage != null) {
            load(snapshotImage);
        }
    }

    private void load(Image image) {
        try (RegistrySnapshot.Loader loader = stateMachine.loadSnapshot()) {
            final FragmentAssembler assembler =
                    new FragmentAssembler(
                            (buffer, offset, length, _) ->
                                    loader.accept(copy(buffer, offset, length)));
            while (!image.isEndOfStream() && !loader.isComplete()) {
                final int fragments = image.poll(assembler, SNAPSHOT_FRAGMENT_LIMIT);
                if (fragments == 0 && image.isClosed()) {
                    break;
                }
                cluster.idleStrategy().idle(fragments);
            }
        }
    }

    private static byte[] copy(DirectBuffer buffer, int offset, int length) {
        final byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return bytes;
    }

    @Override
    public void onSessionMessage(
            ClientSession session,
            long timestamp,
            DirectBuffer buffer,
            int offset,
            int length,
            Header header) {
        final byte[] outcome;
        try {
            outcome = apply(timestamp, copy(buffer, offset, length));
        } catch (RuntimeException e) {
            LOG.error("registry stopped: cannot apply the log entry at {}", header.position(), e);
            throw new AgentTerminationException(e);
        }
        appliedPosition = header.position();
        if (session != null) {
            answer.putLong(0, buffer.getLong(offset));
            answer.putBytes(CORRELATION_LENGTH, outcome);
            send(session, CORRELATION_LENGTH + outcome.length);
        }
    }

    private byte[] apply(long timestamp, byte[] entry) {
        final Registry.Redeemed outcome =
                stateMachine.apply(
                        timestamp,
                        RegistryCommandCodec.decode(
                                entry, CORRELATION_LENGTH, entry.length - CORRELATION_LENGTH));
        return RegistryCommandCodec.encodeOutcome(outcome);
    }

    /** An answer that finds no way is dropped: the client repeats what it has no answer to. */
    private void send(ClientSession session, int length) {
        for (int attempt = 0; attempt < 3; attempt++) {
            final long result = session.offer(answer, 0, length);
            if (result > 0) {
                return;
            }
            cluster.idleStrategy().idle();
        }
    }

    @Override
    public void onTakeSnapshot(ExclusivePublication publication) {
        stateMachine.writeSnapshot(
                piece -> {
                    final UnsafeBuffer buffer = new UnsafeBuffer(piece);
                    while (true) {
                        final long result = publication.offer(buffer);
                        if (result > 0) {
                            return;
                        }
                        if (result == ExclusivePublication.CLOSED
                                || result == ExclusivePublication.MAX_POSITION_EXCEEDED) {
                            throw new IllegalStateException("snapshot: " + result);
                        }
                        cluster.idleStrategy().idle();
                    }
                });
    }

    @Override
    public void onSessionOpen(ClientSession session, long timestamp) {
        // Sessions carry no state.
    }

    @Override
    public void onSessionClose(ClientSession session, long timestamp, CloseReason closeReason) {
        // Sessions carry no state.
    }

    @Override
    public void onTimerEvent(long correlationId, long timestamp) {
        // No timers: what happens in time comes as an entry.
    }

    @Override
    public void onRoleChange(Cluster.Role newRole) {
        // Reads are served in any role; the client finds the leader. Only the metrics tell it.
        role = newRole;
    }

    @Override
    public void onTerminate(Cluster terminatedCluster) {
        // The owner closes everything.
    }
}
