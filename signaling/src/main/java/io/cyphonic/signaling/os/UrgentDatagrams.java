package io.cyphonic.signaling.os;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.cyphonic.signaling.protocol.CapsuleHeader;
import io.cyphonic.signaling.protocol.DatagramType;
import io.cyphonic.signaling.protocol.RelayHeader;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Which datagrams go past others: capsules with the urgent flag, also through a relay. Two forms of
 * one rule: a classic BPF program, by which the kernel chooses the socket for what comes
 * (socket(7), {@code SO_ATTACH_REUSEPORT_CBPF}), and {@link #matches} for what is sent, which has a
 * hop limit less by one. That is because a kernel that joins datagrams (UDP_GRO) looks at the first
 * only, and would put an ordinary one that follows an urgent one into the wrong socket: it joins
 * those of one hop limit. A mark of the traffic class would do that too, but networks change it,
 * and queues and radios on the way make different things of it.
 *
 * <p>What the kernel looks at is not authenticated yet. A forger decides no more than in which of
 * two bounded queues his datagram waits until it is found out.
 */
final class UrgentDatagrams {
    /** The answers of the program: the sockets in the order in which they were bound. */
    private static final int ORDINARY = 0;

    private static final int URGENT = 1;

    // Opcodes: linux/bpf_common.h. The program sees the payload of the datagram; a load past its
    // end ends it with 0.
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_BYTE_FROM_INDEX = 0x50;
    private static final int SET_INDEX = 0x01;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_SET = 0x45;
    private static final int RETURN = 0x06;

    // struct sock_filter and struct sock_fprog: linux/filter.h
    private static final long INSTRUCTION_SIZE = 8;
    private static final long PROGRAM_SIZE = 16;
    private static final long PROGRAM_ADDRESS = 8;

    private UrgentDatagrams() {}

    /** Whether the datagram, or the first of several of one length, is urgent. */
    static boolean matches(MemorySegment memory, long offset, int length) {
        long capsule = offset;
        if (memory.get(JAVA_BYTE, offset) == DatagramType.RELAY) {
            capsule += RelayHeader.LENGTH;
        }
        return capsule + CapsuleHeader.LENGTH <= offset + length
                && memory.get(JAVA_BYTE, capsule) == DatagramType.CAPSULE
                && (CapsuleHeader.flags(memory, capsule) & CapsuleHeader.FLAG_URGENT) != 0;
    }

    /**
     * Makes the kernel sort what comes to the two sockets of a port.
     *
     * @return 0, or a negated errno
     */
    static int attach(ErrnoCapture errno, int fd) {
        long[] code = {
            instruction(SET_INDEX, 0, 0, 0),
            instruction(LOAD_BYTE, 0, 0, 0),
            instruction(JUMP_IF_EQUAL, 0, 1, DatagramType.RELAY),
            instruction(SET_INDEX, 0, 0, RelayHeader.LENGTH),
            instruction(LOAD_BYTE_FROM_INDEX, 0, 0, CapsuleHeader.TYPE_FIELD_OFFSET),
            instruction(JUMP_IF_EQUAL, 0, 3, DatagramType.CAPSULE),
            instruction(LOAD_BYTE_FROM_INDEX, 0, 0, CapsuleHeader.FLAGS_FIELD_OFFSET),
            instruction(JUMP_IF_SET, 0, 1, CapsuleHeader.FLAG_URGENT),
            instruction(RETURN, 0, 0, URGENT),
            instruction(RETURN, 0, 0, ORDINARY),
        };
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocateFrom(JAVA_LONG, code);
            MemorySegment program = arena.allocate(PROGRAM_SIZE, Long.BYTES);
            program.set(JAVA_SHORT, 0, (short) (instructions.byteSize() / INSTRUCTION_SIZE));
            program.set(JAVA_LONG, PROGRAM_ADDRESS, instructions.address());
            return LibC.setSockOpt(
                    errno,
                    fd,
                    NativeLayouts.SOL_SOCKET,
                    NativeLayouts.SO_ATTACH_REUSEPORT_CBPF,
                    program);
        }
    }

    /**
     * One {@code struct sock_filter}: what to do, where to go on if so and if not, and a number.
     */
    private static long instruction(int code, int ifSo, int ifNot, int number) {
        return code | (long) ifSo << 16 | (long) ifNot << 24 | (long) number << 32;
    }
}
