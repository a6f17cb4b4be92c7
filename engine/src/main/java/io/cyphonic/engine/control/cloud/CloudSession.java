package io.cyphonic.engine.control.cloud;

import io.cyphonic.signaling.protocol.ControlCipher;
import io.cyphonic.signaling.protocol.ControlEnvelope;
import io.cyphonic.signaling.protocol.ControlMessage;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One login: its key, and the counter that makes every nonce under it new. A login is replaced,
 * never changed. Thread-safe.
 */
public final class CloudSession implements AutoCloseable {
    private final long loginId;
    private final long loggedInMillis;
    private final long expiryMillis;
    private final int keepAliveSeconds;
    private final List<InetSocketAddress> nmsEndpoints;
    private final List<RelayServer> relays;
    private final ControlCipher cipher;
    private final AtomicLong counter = new AtomicLong();

    /** Takes what it needs from the response; the common key in it stays the caller's to wipe. */
    CloudSession(LoginResponse response, long loggedInMillis) {
        this.loginId = response.loginId();
        this.loggedInMillis = loggedInMillis;
        this.expiryMillis = response.expiryMillis();
        this.keepAliveSeconds = Math.clamp(response.keepAliveSeconds(), 1, 300);
        this.nmsEndpoints = List.copyOf(response.nmsEndpoints());
        this.relays = List.copyOf(response.relays());
        this.cipher =
                new ControlCipher(response.commonKey(), response.loginId(), response.nodeId());
    }

    long loginId() {
        return loginId;
    }

    long loggedInMillis() {
        return loggedInMillis;
    }

    long expiryMillis() {
        return expiryMillis;
    }

    int keepAliveSeconds() {
        return keepAliveSeconds;
    }

    List<InetSocketAddress> nmsEndpoints() {
        return nmsEndpoints;
    }

    /** The relays of the cloud. */
    public List<RelayServer> relays() {
        return relays;
    }

    byte[] seal(ControlMessage message) {
        return cipher.sealToNms(message, counter.incrementAndGet());
    }

    /** The message, or {@code null} if the datagram is not authentic or not of this login. */
    ControlMessage open(byte[] datagram) {
        return cipher.open(datagram, datagram.length, ControlEnvelope.TO_NODE);
    }

    /** Wipes the key. */
    @Override
    public void close() {
        cipher.close();
    }
}
