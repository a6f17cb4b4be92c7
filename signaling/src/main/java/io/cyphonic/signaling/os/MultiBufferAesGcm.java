package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.cyphonic.signaling.aead.AesGcm;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * AES-256-GCM of the Intel Multi-Buffer Crypto for IPsec library (package {@code libipsec-mb1}),
 * where the system has it. The library picks an implementation for the processor and keeps its
 * address in its manager structure; here the exported implementations are looked up by name, and
 * the one whose address the manager holds is called. So no offset inside that structure, which
 * changes between versions, is relied on. Before it is used, it has to give the results that the
 * Java platform's own AES-GCM gave.
 */
@SuppressWarnings("restricted") // foreign calls are what this class is for
public final class MultiBufferAesGcm implements AesGcm {
    private static final Logger LOG = LoggerFactory.getLogger(MultiBufferAesGcm.class);

    private static final String LIBRARY = "libIPSec_MB.so.1";
    private static final List<String> IMPLEMENTATIONS =
            List.of("vaes_avx512", "avx512", "avx_gen4", "avx_gen2", "sse");

    /** Room for {@code struct gcm_key_data}, 1008 bytes in version 1.3, and what may come. */
    private static final int KEY_BYTES = 4096;

    /** Room for {@code struct gcm_context_data}, 88 bytes in version 1.3, and what may come. */
    private static final int CONTEXT_BYTES = 512;

    private static final int ALIGNMENT = 64;
    private static final int KEY_LENGTH = 32;
    private static final int COUNTER_IN_NONCE = 4;

    private static final ValueLayout.OfLong BIG_ENDIAN_LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong NATIVE_LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /**
     * key, context, out, in, length, nonce, aad, aad length, tag, tag length: addresses off the
     * heap, kept reachable by the caller.
     */
    private static final FunctionDescriptor CALL =
            FunctionDescriptor.ofVoid(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG, JAVA_LONG, JAVA_LONG);

    // Constants of the class, not of an object: only so does the compiler inline the calls. The
    // library is looked for once.
    private static final Binding BINDING = Binding.find();
    private static final MethodHandle SEAL = BINDING == null ? null : BINDING.seal;
    private static final MethodHandle OPEN = BINDING == null ? null : BINDING.open;

    private MultiBufferAesGcm() {}

    /** The library, if the system has it, it works on this processor, and its results are right. */
    public static Optional<AesGcm> find() {
        if (BINDING == null) {
            return Optional.empty();
        }
        MultiBufferAesGcm found = new MultiBufferAesGcm();
        try {
            AesGcmSelfCheck.run(found);
        } catch (IllegalStateException e) {
            LOG.error("{} is not used: its results are wrong", found.description(), e);
            return Optional.empty();
        }
        return Optional.of(found);
    }

    @Override
    public Key expand(byte[] key) {
        if (key.length != KEY_LENGTH) {
            throw new IllegalArgumentException(
                    "a key of " + key.length + " bytes; AES-256 takes " + KEY_LENGTH);
        }
        return new ExpandedKey(key);
    }

    @Override
    public Context newContext() {
        return new WorkingMemory();
    }

    @Override
    public String description() {
        return BINDING.description;
    }

    private record Binding(
            MemorySegment expand, MethodHandle seal, MethodHandle open, String description) {
        static Binding find() {
            try {
                SymbolLookup library = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
                MemorySegment manager = manager(library);
                String chosen = chosen(library, manager);
                return chosen == null ? null : bind(library, chosen);
            } catch (IllegalArgumentException _) {
                return null; // not installed: nothing to tell
            } catch (RuntimeException e) {
                LOG.warn("{} is there but cannot be used", LIBRARY, e);
                return null;
            }
        }

        private static MemorySegment manager(SymbolLookup library) {
            MemorySegment size = library.findOrThrow("imb_get_mb_mgr_size");
            MemorySegment allocate = library.findOrThrow("alloc_mb_mgr");
            MemorySegment choose = library.findOrThrow("init_mb_mgr_auto");
            // Never freed: one for the life of the process, and nothing secret in it.
            long manager = NativeCall.call(allocate, 0, 0, 0, 0, 0, 0);
            if (manager == 0) {
                throw new IllegalStateException("the library gives no manager");
            }
            NativeCall.call(choose, manager, 0, 0, 0, 0, 0);
            return MemorySegment.ofAddress(manager)
                    .reinterpret(NativeCall.call(size, 0, 0, 0, 0, 0, 0));
        }

        private static String chosen(SymbolLookup library, MemorySegment manager) {
            for (String name : IMPLEMENTATIONS) {
                Optional<MemorySegment> seal = library.find("aes_gcm_enc_256_" + name);
                Optional<MemorySegment> open = library.find("aes_gcm_dec_256_" + name);
                Optional<MemorySegment> expand = library.find("aes_gcm_pre_256_" + name);
                if (seal.isPresent()
                        && open.isPresent()
                        && expand.isPresent()
                        && holds(manager, seal.get().address())
                        && holds(manager, open.get().address())) {
                    return name;
                }
            }
            return null;
        }

        private static boolean holds(MemorySegment manager, long address) {
            for (long at = 0; at + Long.BYTES <= manager.byteSize(); at += Long.BYTES) {
                if (manager.get(NATIVE_LONG, at) == address) {
                    return true;
                }
            }
            return false;
        }

        private static Binding bind(SymbolLookup library, String name) {
            Linker linker = Linker.nativeLinker();
            // No call is longer than some microseconds: the collector may wait for it.
            Linker.Option brief = Linker.Option.critical(false);
            MemorySegment version = library.findOrThrow("imb_get_version_str");
            MemorySegment text =
                    MemorySegment.ofAddress(NativeCall.call(version, 0, 0, 0, 0, 0, 0))
                            .reinterpret(64);
            return new Binding(
                    library.findOrThrow("aes_gcm_pre_256_" + name),
                    linker.downcallHandle(
                            library.findOrThrow("aes_gcm_enc_256_" + name), CALL, brief),
                    linker.downcallHandle(
                            library.findOrThrow("aes_gcm_dec_256_" + name), CALL, brief),
                    "ipsec-mb " + text.getString(0) + " (" + name + ")");
        }
    }

    /** Collected when nobody can use it any more, so that no late call meets freed memory. */
    private static final class ExpandedKey implements Key {
        private final MemorySegment memory = Arena.ofAuto().allocate(KEY_BYTES, ALIGNMENT);
        private final long address = memory.address();

        ExpandedKey(byte[] key) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(KEY_LENGTH, ALIGNMENT);
                MemorySegment.copy(MemorySegment.ofArray(key), 0, copy, 0, KEY_LENGTH);
                NativeCall.call(BINDING.expand, copy.address(), address, 0, 0, 0, 0);
                copy.fill((byte) 0);
            }
        }

        @Override
        public void wipe() {
            memory.fill((byte) 0);
        }
    }

    /**
     * <pre>
     *   | context | nonce (16) | tag (16) |
     * </pre>
     */
    private static final class WorkingMemory implements Context {
        private static final int NONCE = CONTEXT_BYTES;
        private static final int TAG = NONCE + 16;

        private final MemorySegment memory = Arena.ofAuto().allocate(TAG + TAG_LENGTH, ALIGNMENT);
        private final long address = memory.address();

        @Override
        public void seal(
                Key key,
                long counter,
                MemorySegment in,
                long inOffset,
                int length,
                MemorySegment out,
                long outOffset) {
            Objects.checkFromIndexSize(inOffset, length, in.byteSize());
            Objects.checkFromIndexSize(
                    outOffset, (long) AAD_LENGTH + length + TAG_LENGTH, out.byteSize());
            memory.set(BIG_ENDIAN_LONG, NONCE + COUNTER_IN_NONCE, counter);
            long plaintext = NativeCall.address(in) + inOffset;
            long capsule = NativeCall.address(out) + outOffset;
            ExpandedKey expanded = (ExpandedKey) key;
            try {
                SEAL.invokeExact(
                        expanded.address,
                        address,
                        capsule + AAD_LENGTH,
                        plaintext,
                        (long) length,
                        address + NONCE,
                        capsule,
                        (long) AAD_LENGTH,
                        capsule + AAD_LENGTH + length,
                        (long) TAG_LENGTH);
            } catch (Throwable e) {
                throw new IllegalStateException("a call without exceptions threw one", e);
            } finally {
                Reference.reachabilityFence(expanded);
                Reference.reachabilityFence(in);
                Reference.reachabilityFence(out);
                Reference.reachabilityFence(memory);
            }
        }

        @Override
        public boolean open(
                Key key,
                long counter,
                MemorySegment in,
                long inOffset,
                int length,
                MemorySegment out,
                long outOffset) {
            Objects.checkFromIndexSize(
                    inOffset, (long) AAD_LENGTH + length + TAG_LENGTH, in.byteSize());
            Objects.checkFromIndexSize(outOffset, length, out.byteSize());
            memory.set(BIG_ENDIAN_LONG, NONCE + COUNTER_IN_NONCE, counter);
            long capsule = NativeCall.address(in) + inOffset;
            long plaintext = NativeCall.address(out) + outOffset;
            ExpandedKey expanded = (ExpandedKey) key;
            try {
                OPEN.invokeExact(
                        expanded.address,
                        address,
                        plaintext,
                        capsule + AAD_LENGTH,
                        (long) length,
                        address + NONCE,
                        capsule,
                        (long) AAD_LENGTH,
                        address + TAG,
                        (long) TAG_LENGTH);
            } catch (Throwable e) {
                throw new IllegalStateException("a call without exceptions threw one", e);
            } finally {
                Reference.reachabilityFence(expanded);
                Reference.reachabilityFence(in);
                Reference.reachabilityFence(out);
                Reference.reachabilityFence(memory);
            }
            long tag = inOffset + AAD_LENGTH + length;
            long difference =
                    memory.get(NATIVE_LONG, TAG) ^ in.get(NATIVE_LONG, tag)
                            | memory.get(NATIVE_LONG, TAG + Long.BYTES)
                                    ^ in.get(NATIVE_LONG, tag + Long.BYTES);
            return difference == 0;
        }
    }
}
