package io.cyphonic.engine.control.policy;

import java.util.concurrent.TimeUnit;

/**
 * What a tunnel needs now, from nothing but what is known about it and the time that has passed:
 * the state machine of a tunnel's life after its set-up. Pure.
 *
 * <pre>
 *                 session confirmed                 silence for PEER_DOWN
 *   CONNECTING ---------------------> UP ------------------------------------> DOWN
 *       |                              ^ |  KEEP_ALIVE after KEEP_ALIVE idle     |  |
 *       | nothing for UNCONFIRMED      | |  REKEY after REKEY_*                  |  |
 *       v                              | +-> UP                                 |  |
 *     FORGET                           +--- anything authentic, or handshake ---+  |
 *                                REDIRECT with back-off, or while wanted  <---------+
 *                                                   FORGET after GIVE_UP
 * </pre>
 */
public final class TunnelPolicy {
    /** Nothing sent for this long: a keep-alive is due. */
    public static final long KEEP_ALIVE_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** Nothing received for this long although we sent: the peer is down. */
    public static final long PEER_DOWN_NANOS = TimeUnit.SECONDS.toNanos(25);

    /** Age of the keys at which the initiator of the session makes new ones. */
    public static final long REKEY_INITIATOR_NANOS = TimeUnit.SECONDS.toNanos(120);

    /** Age of the keys at which the responder does so, because the initiator did not. */
    public static final long REKEY_RESPONDER_NANOS = TimeUnit.SECONDS.toNanos(135);

    /** Capsules under one key at which new keys are made. */
    public static final long REKEY_CAPSULES = 1L << 48;

    /** A first session not confirmed for this long will never be. */
    public static final long UNCONFIRMED_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** A peer that is down, and that somebody still sends to, is looked for again after this. */
    public static final long WANTED_RETRY_NANOS = TimeUnit.SECONDS.toNanos(8);

    /** Something sent so lately means that somebody wants the peer now. */
    public static final long WANTED_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** A peer down for this long is forgotten until somebody wants it again. */
    public static final long GIVE_UP_NANOS = TimeUnit.MINUTES.toNanos(10);

    private TunnelPolicy() {}

    /** How far a tunnel has come. */
    public enum Phase {
        /** No session that was ever confirmed. */
        CONNECTING,
        /** Packets pass. */
        UP,
        /** Was up, and is silent. */
        DOWN
    }

    /** What to do. */
    public enum Verdict {
        /** Nothing. */
        NONE,
        /** Send an empty control capsule. */
        KEEP_ALIVE,
        /** Make new keys on the same path. */
        REKEY,
        /** The peer has gone silent: mark it down and ask for a new direction. */
        DECLARE_DOWN,
        /** Still down: ask for a direction again. */
        REDIRECT,
        /** It speaks again: mark it up. */
        RECOVERED,
        /** Close and forget. */
        FORGET
    }

    /**
     * What is known about a tunnel.
     *
     * @param initiator whether this node initiated the present session
     * @param handshakeRunning whether a handshake or a direction request is under way
     * @param attemptDue whether the back-off of the last failed attempt is over
     * @param attemptNanos time since the last attempt began
     * @param phaseNanos time since the phase began
     * @param keyAgeNanos time since the present session began
     * @param silentNanos time since the last authentic capsule, or since the session began
     * @param idleNanos time since the last capsule sent, or since the session began
     * @param sealed capsules sealed with the present key
     */
    public record View(
            Phase phase,
            boolean initiator,
            boolean handshakeRunning,
            boolean attemptDue,
            long attemptNanos,
            long phaseNanos,
            long keyAgeNanos,
            long silentNanos,
            long idleNanos,
            long sealed) {}

    /** The one thing to do next. */
    public static Verdict decide(View tunnel) {
        return switch (tunnel.phase()) {
            case CONNECTING ->
                    !tunnel.handshakeRunning() && tunnel.phaseNanos() >= UNCONFIRMED_NANOS
                            ? Verdict.FORGET
                            : Verdict.NONE;
            case UP -> decideUp(tunnel);
            case DOWN -> decideDown(tunnel);
        };
    }

    private static Verdict decideUp(View tunnel) {
        // Silence with nothing sent proves nothing: the peer may have had no reason to speak.
        if (tunnel.silentNanos() >= PEER_DOWN_NANOS && tunnel.idleNanos() < tunnel.silentNanos()) {
            return Verdict.DECLARE_DOWN;
        }
        boolean old =
                tunnel.keyAgeNanos()
                        >= (tunnel.initiator() ? REKEY_INITIATOR_NANOS : REKEY_RESPONDER_NANOS);
        if ((old || tunnel.sealed() >= REKEY_CAPSULES)
                && !tunnel.handshakeRunning()
                && tunnel.attemptDue()) {
            return Verdict.REKEY;
        }
        return tunnel.idleNanos() >= KEEP_ALIVE_NANOS ? Verdict.KEEP_ALIVE : Verdict.NONE;
    }

    private static Verdict decideDown(View tunnel) {
        if (tunnel.silentNanos() < PEER_DOWN_NANOS) {
            return Verdict.RECOVERED;
        }
        if (tunnel.phaseNanos() >= GIVE_UP_NANOS) {
            return Verdict.FORGET;
        }
        // However long it has been away: nobody who waits for it should wait for a back-off too.
        boolean wanted =
                tunnel.idleNanos() < WANTED_NANOS && tunnel.attemptNanos() >= WANTED_RETRY_NANOS;
        return !tunnel.handshakeRunning() && (tunnel.attemptDue() || wanted)
                ? Verdict.REDIRECT
                : Verdict.NONE;
    }
}
