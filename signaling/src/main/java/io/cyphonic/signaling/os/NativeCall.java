package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;

/**
 * Calls C functions of up to six integer or pointer arguments, in four ways in all. For each
 * signature the linker makes a dozen classes at run time, which no start-up cache of JDK 25 keeps;
 * with a signature for each function they were a third of the time until a node was ready. So every
 * function is called as if it took six longs.
 *
 * <p>Both calling conventions this package knows (System V x86-64 and AArch64, {@link
 * NativeSelfCheck}) pass the first six integers and pointers in registers of 64 bits. A function
 * does not look at registers it has no argument for, nor at the upper half of one for an {@code
 * int}; that goes for the variadic open(2) and ioctl(2) as well. Of a function that returns an
 * {@code int} the caller has to take the lower half: the upper one is anything.
 *
 * <p>Pointers are {@linkplain #address addresses}: the caller keeps the memory reachable until the
 * function has returned, with a {@link java.lang.ref.Reference#reachabilityFence}.
 *
 * <p>Any thread. Does not allocate once compiled, but for the errno variants (40 bytes).
 */
@SuppressWarnings("restricted") // foreign calls are what this class is for
final class NativeCall {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

    private static final FunctionDescriptor SIX_LONGS =
            FunctionDescriptor.of(
                    JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final MethodHandle CALL = LINKER.downcallHandle(SIX_LONGS);
    private static final MethodHandle CALL_ERRNO = LINKER.downcallHandle(SIX_LONGS, ERRNO);

    /**
     * As sendto(2) has it. Made when first used, by the relay: a node has its packets off the heap.
     */
    private static final class OnHeap {
        private static final Linker.Option ON_HEAP = Linker.Option.critical(true);
        private static final FunctionDescriptor SENDTO =
                FunctionDescriptor.of(
                        JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

        static final MethodHandle CALL = LINKER.downcallHandle(SENDTO, ON_HEAP);
        static final MethodHandle CALL_ERRNO = LINKER.downcallHandle(SENDTO, ERRNO, ON_HEAP);
    }

    private NativeCall() {}

    /** A function of the C library. */
    static MemorySegment find(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /**
     * Where a segment begins.
     *
     * @throws IllegalArgumentException if it lies on the heap, where it has no lasting address
     */
    static long address(MemorySegment segment) {
        if (!segment.isNative()) {
            throw new IllegalArgumentException("a function would write into a heap that moves");
        }
        return segment.address();
    }

    /**
     * Where a part of a segment begins.
     *
     * @throws IllegalArgumentException if it lies on the heap
     * @throws IndexOutOfBoundsException if the segment does not have these bytes
     */
    static long address(MemorySegment segment, long offset, long length) {
        Objects.checkFromIndexSize(offset, length, segment.byteSize());
        return address(segment) + offset;
    }

    /** What the function returned: for those without errno, or where nobody asks for it. */
    static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) CALL.invokeExact(function, a, b, c, d, e, f);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** What the function returned as an int, or the negated errno. */
    static int call(
            MemorySegment function,
            ErrnoCapture errno,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f) {
        try {
            return errno.resultOf(
                    (int) (long) CALL_ERRNO.invokeExact(function, errno.segment, a, b, c, d, e, f));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /**
     * The same without the costs of errno for a call that succeeds: it is made without, and once
     * more with it if it failed. Only where a failed call has done nothing, and one repeated that
     * succeeds is as good.
     */
    static int callAgainIfFailed(
            MemorySegment function,
            ErrnoCapture errno,
            long a,
            long b,
            long c,
            long d,
            long e,
            long f) {
        int result = (int) call(function, a, b, c, d, e, f);
        return result >= 0 ? result : call(function, errno, a, b, c, d, e, f);
    }

    /**
     * As {@link #callAgainIfFailed}, with memory that may lie on the heap: the collector waits
     * while it runs, so the function must not block.
     */
    static int callWithHeapAgainIfFailed(
            MemorySegment function,
            ErrnoCapture errno,
            long a,
            MemorySegment b,
            long c,
            long d,
            long e,
            long f) {
        try {
            int result = (int) (long) OnHeap.CALL.invokeExact(function, a, b, c, d, e, f);
            if (result >= 0) {
                return result;
            }
            return errno.resultOf(
                    (int)
                            (long)
                                    OnHeap.CALL_ERRNO.invokeExact(
                                            function, errno.segment, a, b, c, d, e, f));
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** invokeExact declares Throwable; what comes out of a downcall is our own bug. */
    private static RuntimeException unexpected(Throwable e) {
        switch (e) {
            case RuntimeException runtime -> throw runtime;
            case Error error -> throw error;
            default -> throw new AssertionError("a downcall threw", e);
        }
    }
}
