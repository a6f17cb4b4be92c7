package io.cyphonic.engine.session;

import io.cyphonic.signaling.aead.AesGcm;
import io.cyphonic.signaling.handshake.CipherSuite;

import java.lang.invoke.VarHandle;
import java.util.Arrays;

import javax.crypto.SecretKey;

/**
 * One direction's key of a session, in the form the JCA wants, and unlike its own ({@code
 * SecretKeySpec}) wipeable. Immutable until destroyed; any thread may read it.
 */
public final class CapsuleKey implements SecretKey {
    private static final long serialVersionUID = 1L;

    private final CipherSuite suite;
    private final transient byte[] bytes;
    private transient volatile boolean destroyed;
    private transient volatile AesGcm.Key expanded;

    /** A key for a suite; the bytes are copied. */
    public CapsuleKey(CipherSuite suite, byte[] bytes) {
        this.suite = suite;
        this.bytes = bytes.clone();
    }

    /** Decides the AEAD. */
    public CipherSuite suite() {
        return suite;
    }

    @Override
    public String getAlgorithm() {
        return suite == CipherSuite.AES_GCM_SHA256 ? "AES" : "ChaCha20";
    }

    @Override
    public String getFormat() {
        return "RAW";
    }

    /**
     * A copy; providers wipe it after use.
     *
     * @throws IllegalStateException after {@link #destroy}: sealing under zeros would tell
     *     everybody what is inside. The flag is set before the bytes go and read after they were
     *     copied.
     */
    @Override
    public byte[] getEncoded() {
        byte[] copy = bytes.clone();
        VarHandle.loadLoadFence();
        if (destroyed) {
            Arrays.fill(copy, (byte) 0);
            throw new IllegalStateException("this key was wiped");
        }
        return copy;
    }

    /**
     * The key in the form of a native library; made at the first use, of which there is one per
     * session.
     *
     * @throws IllegalStateException after {@link #destroy}
     */
    AesGcm.Key expanded(AesGcm library) {
        AesGcm.Key known = expanded;
        return known != null ? known : expand(library);
    }

    private synchronized AesGcm.Key expand(AesGcm library) {
        if (expanded == null) {
            byte[] copy = getEncoded();
            try {
                expanded = library.expand(copy);
            } finally {
                Arrays.fill(copy, (byte) 0);
            }
        }
        return expanded;
    }

    @Override
    public synchronized void destroy() {
        destroyed = true;
        VarHandle.fullFence();
        Arrays.fill(bytes, (byte) 0);
        if (expanded != null) {
            expanded.wipe();
        }
    }

    @Override
    public boolean isDestroyed() {
        return destroyed;
    }

    /** A key is never written anywhere. */
    private void writeObject(java.io.ObjectOutputStream out) throws java.io.IOException {
        throw new java.io.NotSerializableException(CapsuleKey.class.getName());
    }

    @Override
    public String toString() {
        return "CapsuleKey[" + suite + "]";
    }
}
