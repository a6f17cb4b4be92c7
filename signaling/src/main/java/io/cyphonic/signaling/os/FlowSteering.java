package io.cyphonic.signaling.os;

import static io.cyphonic.signaling.os.BpfProgram.RESULT;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.cyphonic.signaling.net.UrgentPacket;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The rule by which the kernel puts packets of the host into the queues of a TUN device, as an eBPF
 * program (bpf(2), {@code TUNSETSTEERINGEBPF}): so a packet waits behind those of its own queue
 * only.
 *
 * <ul>
 *   <li>What is urgent ({@link UrgentPacket}), and what is not IP: the first queue.
 *   <li>TCP: one of the others, by destination and ports.
 *   <li>All else: one of the others, by destination. Not by ports: only the first fragment of a
 *       datagram has them, and fragments must not overtake whole datagrams of the same flow.
 * </ul>
 *
 * <p>A packet's queue depends on nothing but its headers, so packets of one flow stay in order; but
 * for TCP of which some packets are fragments or have IPv6 extension headers and some not, which no
 * usual host sends. The kernel's own rule depends on what was written to the device before, and
 * moves flows about.
 */
final class FlowSteering {
    private static final int PROGRAM_LOAD = 5;
    private static final int SOCKET_FILTER = 1;

    // union bpf_attr for BPF_PROG_LOAD: linux/bpf.h
    private static final int ATTRIBUTES_SIZE = 64;
    private static final int TYPE = 0;
    private static final int INSTRUCTION_COUNT = 4;
    private static final int INSTRUCTIONS = 8;
    private static final int LICENSE = 16;

    private static final int VERSION_4 = 4;
    private static final int VERSION_6 = 6;
    private static final int TCP = 6;

    // RFC 791, section 3.1
    private static final int IPV4_TYPE_OF_SERVICE = 1;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_DESTINATION = 16;
    private static final int MORE_FRAGMENTS_AND_OFFSET = 0x3fff;

    // RFC 8200, section 3
    private static final int IPV6_TRAFFIC_CLASS = 0;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int IPV6_DESTINATION_END = 36;
    private static final int IPV6_LENGTH = 40;

    // RFC 2474, section 3: the six upper bits of either field. Behind that of IPv6 is a flow label.
    private static final int NOT_MARK = 2;
    private static final int NOT_MARK_OF_IPV6 = 6;
    private static final int MARK = 0x3f;

    /** 2^32 divided by the golden ratio (Knuth, volume 3, section 6.4): spreads what differs. */
    private static final int SPREAD = 0x9E3779B1;

    // Registers that loads leave alone.
    private static final int PORTS_AT = 7;
    private static final int HASH = 8;
    private static final int PROTOCOL = 9;

    private FlowSteering() {}

    /**
     * The program for so many queues.
     *
     * @param queues 2 or more
     */
    static long[] program(int queues) {
        if (queues < 2) {
            throw new IllegalArgumentException("nothing to choose from " + queues + " queues");
        }
        BpfProgram program = new BpfProgram();
        program.loadByte(0)
                .move(PORTS_AT, RESULT)
                .shiftRight(RESULT, 4)
                .jumpIfEqual(RESULT, VERSION_6, "version 6")
                .jumpIfNotEqual(RESULT, VERSION_4, "first queue")
                // IPv4
                .loadByte(IPV4_TYPE_OF_SERVICE)
                .shiftRight(RESULT, NOT_MARK);
        markIsUrgent(program)
                .loadByte(IPV4_PROTOCOL)
                .jumpIfEqual(RESULT, UrgentPacket.ICMP, "first queue")
                .move(PROTOCOL, RESULT)
                .loadWord(IPV4_DESTINATION)
                .move(HASH, RESULT)
                .and(PORTS_AT, 0x0f)
                .shiftLeft(PORTS_AT, 2)
                .loadHalf(IPV4_FRAGMENT)
                .and(RESULT, MORE_FRAGMENTS_AND_OFFSET)
                .jumpIfNotEqual(RESULT, 0, "choose")
                .jump("ports")
                .label("version 6")
                .loadHalf(IPV6_TRAFFIC_CLASS)
                .shiftRight(RESULT, NOT_MARK_OF_IPV6)
                .and(RESULT, MARK);
        return markIsUrgent(program)
                .loadByte(IPV6_NEXT_HEADER)
                .jumpIfEqual(RESULT, UrgentPacket.ICMPV6, "first queue")
                .move(PROTOCOL, RESULT)
                .loadWord(IPV6_DESTINATION_END)
                .move(HASH, RESULT)
                .set(PORTS_AT, IPV6_LENGTH)
                .label("ports")
                .jumpIfNotEqual(PROTOCOL, TCP, "choose")
                .loadWordAt(PORTS_AT)
                .exclusiveOr(HASH, RESULT)
                .label("choose")
                .multiply(HASH, SPREAD)
                .shiftRight(HASH, 16)
                .remainder(HASH, queues - 1)
                .increment(HASH, 1)
                .move(RESULT, HASH)
                .exit()
                .label("first queue")
                .set(RESULT, 0)
                .exit()
                .build();
    }

    private static BpfProgram markIsUrgent(BpfProgram program) {
        for (int mark = 0; mark <= MARK; mark++) {
            if (UrgentPacket.isMark(mark)) {
                program.jumpIfEqual(RESULT, mark, "first queue");
            }
        }
        return program;
    }

    /**
     * Gives the program to the kernel. Needs CAP_BPF or CAP_SYS_ADMIN on most systems.
     *
     * @return its descriptor, or a negated errno
     */
    static int load(ErrnoCapture errno, int queues) {
        long[] program = program(queues);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocateFrom(JAVA_LONG, program);
            MemorySegment license = arena.allocateFrom("Apache-2.0");
            MemorySegment attributes = arena.allocate(ATTRIBUTES_SIZE, Long.BYTES);
            attributes.set(JAVA_INT, TYPE, SOCKET_FILTER);
            attributes.set(JAVA_INT, INSTRUCTION_COUNT, program.length);
            attributes.set(JAVA_LONG, INSTRUCTIONS, instructions.address());
            attributes.set(JAVA_LONG, LICENSE, license.address());
            return LibC.bpf(errno, PROGRAM_LOAD, attributes);
        }
    }

    /**
     * Makes a device follow a loaded program, whose descriptor may be closed then.
     *
     * @return 0, or a negated errno
     */
    static int attach(ErrnoCapture errno, int device, int program) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocateFrom(JAVA_INT, program);
            return LibC.ioctl(errno, device, NativeLayouts.TUNSETSTEERINGEBPF, value);
        }
    }
}
