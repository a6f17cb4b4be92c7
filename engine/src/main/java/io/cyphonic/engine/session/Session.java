package io.cyphonic.engine.session;

import io.cyphonic.signaling.handshake.SessionKeys;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One pair of keys of a tunnel, with the counters that go with them. Counters begin at 0 with the
 * keys and die with them, and only one thread reserves them, in one place: that is why a nonce can
 * never repeat.
 */
public final class Session {
    /** Counters from here on are not used for sealing; a rekey is due long before. */
    public static final long SEAL_LIMIT = 1L << 60;

    /** Answer of {@link #reserve}: the key may seal no more. */
    public static final long EXHAUSTED = -1;

    private static final VarHandle NEXT_COUNTER;

    static {
        try {
            NEXT_COUNTER =
                    MethodHandles.lookup().findVarHandle(Session.class, "nextCounter", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    // Fixed after construction.
    private final Tunnel tunnel;
    private final int receiverIndex;
    private final int peerReceiverIndex;
    private final CapsuleKey sealKey;
    private final CapsuleKey openKey;
    private final long installedNanos;
    private final ReplayWindow ordinaryWindow = new ReplayWindow();
    private final ReplayWindow urgentWindow = new ReplayWindow();

    // Written by the outbound stage only; read by anyone (opaque).
    private long nextCounter;

    // Owned by whoever holds the deliverer's role.
    private boolean heard;

    /** Takes the keys over: they are copied into a wipeable form and closed. */
    Session(
            Tunnel tunnel,
            int receiverIndex,
            int peerReceiverIndex,
            SessionKeys keys,
            long installedNanos,
            long firstCounter) {
        this.tunnel = tunnel;
        this.receiverIndex = receiverIndex;
        this.peerReceiverIndex = peerReceiverIndex;
        this.sealKey = new CapsuleKey(keys.suite(), keys.sendKey());
        this.openKey = new CapsuleKey(keys.suite(), keys.receiveKey());
        this.installedNanos = installedNanos;
        this.nextCounter = firstCounter;
        keys.close();
    }

    /** The tunnel this session belongs to. */
    public Tunnel tunnel() {
        return tunnel;
    }

    /** Our index, in the capsules we receive. */
    public int receiverIndex() {
        return receiverIndex;
    }

    /** The peer's index, in the capsules we send. */
    public int peerReceiverIndex() {
        return peerReceiverIndex;
    }

    /** Seals what we send. */
    public CapsuleKey sealKey() {
        return sealKey;
    }

    /** Opens what we receive. */
    public CapsuleKey openKey() {
        return openKey;
    }

    /** When the keys were installed, in the engine's clock. */
    public long installedNanos() {
        return installedNanos;
    }

    /**
     * The window of urgent capsules, or of all others; owned by the deliverer's role. Urgent ones
     * overtake others by as much as a socket holds: with one window, those would be too old (RFC
     * 4301, section 4.1, of classes of traffic under one key). The flag is authenticated, so a
     * capsule has the same window whenever it comes.
     */
    public ReplayWindow replayWindow(boolean urgent) {
        return urgent ? urgentWindow : ordinaryWindow;
    }

    /**
     * Takes the next counters; for the outbound stage only.
     *
     * @return the first of {@code count}; or {@link #EXHAUSTED}, and none is taken
     */
    public long reserve(int count) {
        long first = nextCounter;
        if (first + count > SEAL_LIMIT) {
            return EXHAUSTED;
        }
        NEXT_COUNTER.setOpaque(this, first + count);
        return first;
    }

    /** Whether {@link #reserve} would grant this many; for the outbound stage only. */
    public boolean canReserve(int count) {
        return nextCounter + count <= SEAL_LIMIT;
    }

    /** Counters taken so far; any thread. */
    public long reserved() {
        return (long) NEXT_COUNTER.getOpaque(this);
    }

    /**
     * Notes an authentic capsule; for the deliverer's role only.
     *
     * @return true the first time
     */
    public boolean hear() {
        if (heard) {
            return false;
        }
        heard = true;
        return true;
    }

    void wipe() {
        sealKey.destroy();
        openKey.destroy();
    }

    /** Whether the keys are gone. */
    public boolean isWiped() {
        return sealKey.isDestroyed() && openKey.isDestroyed();
    }
}
