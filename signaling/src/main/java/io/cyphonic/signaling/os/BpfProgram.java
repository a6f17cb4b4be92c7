package io.cyphonic.signaling.os;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a small eBPF program that looks at a packet, instruction by instruction (RFC 9669, with
 * the packet loads of its section 5.5). Registers are 64 bits wide; what is calculated here is 32
 * bits wide and unsigned. Jumps go forward to a {@linkplain #label label}.
 *
 * <p>A load past the end of the packet ends the program with 0. Packet loads leave their value in
 * {@link #RESULT}, in host order, and destroy registers 1 to 5.
 *
 * <p>For one thread.
 */
final class BpfProgram {
    /** What a load gives, and what the program answers. */
    static final int RESULT = 0;

    /** Where packet loads look for the packet: the first argument has to be there. */
    static final int CONTEXT = 6;

    private static final int ARGUMENT = 1;

    // Opcodes: RFC 9669, sections 4.1 to 4.3 and 5.5.
    private static final int LOAD_BYTE_AT_CONSTANT = 0x30;
    private static final int LOAD_HALF_AT_CONSTANT = 0x28;
    private static final int LOAD_WORD_AT_CONSTANT = 0x20;
    private static final int LOAD_WORD_AT_REGISTER = 0x40;
    private static final int MOVE_CONSTANT = 0xb4;
    private static final int MOVE = 0xbc;
    private static final int MOVE_POINTER = 0xbf;
    private static final int AND = 0x54;
    private static final int SHIFT_LEFT = 0x64;
    private static final int SHIFT_RIGHT = 0x74;
    private static final int EXCLUSIVE_OR = 0xac;
    private static final int MULTIPLY = 0x24;
    private static final int REMAINDER = 0x94;
    private static final int ADD = 0x04;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int JUMP_IF_NOT_EQUAL = 0x55;
    private static final int EXIT = 0x95;

    private record Jump(int at, String label) {}

    private final List<Long> instructions = new ArrayList<>();
    private final List<Jump> jumps = new ArrayList<>();
    private final Map<String, Integer> labels = new HashMap<>();

    BpfProgram() {
        add(MOVE_POINTER, CONTEXT, ARGUMENT, 0);
    }

    BpfProgram loadByte(int offset) {
        return add(LOAD_BYTE_AT_CONSTANT, 0, 0, offset);
    }

    BpfProgram loadHalf(int offset) {
        return add(LOAD_HALF_AT_CONSTANT, 0, 0, offset);
    }

    BpfProgram loadWord(int offset) {
        return add(LOAD_WORD_AT_CONSTANT, 0, 0, offset);
    }

    /** Loads the word at the offset that a register has. */
    BpfProgram loadWordAt(int register) {
        return add(LOAD_WORD_AT_REGISTER, 0, register, 0);
    }

    BpfProgram move(int to, int from) {
        return add(MOVE, to, from, 0);
    }

    BpfProgram set(int register, int constant) {
        return add(MOVE_CONSTANT, register, 0, constant);
    }

    BpfProgram and(int register, int constant) {
        return add(AND, register, 0, constant);
    }

    BpfProgram shiftLeft(int register, int bits) {
        return add(SHIFT_LEFT, register, 0, bits);
    }

    BpfProgram shiftRight(int register, int bits) {
        return add(SHIFT_RIGHT, register, 0, bits);
    }

    BpfProgram exclusiveOr(int register, int other) {
        return add(EXCLUSIVE_OR, register, other, 0);
    }

    BpfProgram multiply(int register, int constant) {
        return add(MULTIPLY, register, 0, constant);
    }

    BpfProgram remainder(int register, int constant) {
        return add(REMAINDER, register, 0, constant);
    }

    BpfProgram increment(int register, int constant) {
        return add(ADD, register, 0, constant);
    }

    BpfProgram jump(String label) {
        return jumpTo(label, JUMP, 0, 0);
    }

    BpfProgram jumpIfEqual(int register, int constant, String label) {
        return jumpTo(label, JUMP_IF_EQUAL, register, constant);
    }

    BpfProgram jumpIfNotEqual(int register, int constant, String label) {
        return jumpTo(label, JUMP_IF_NOT_EQUAL, register, constant);
    }

    BpfProgram exit() {
        return add(EXIT, 0, 0, 0);
    }

    /** What comes next is what jumps to this label mean. */
    BpfProgram label(String name) {
        if (labels.putIfAbsent(name, instructions.size()) != null) {
            throw new IllegalStateException("there are two labels " + name);
        }
        return this;
    }

    private BpfProgram jumpTo(String label, int opcode, int register, int constant) {
        jumps.add(new Jump(instructions.size(), label));
        return add(opcode, register, 0, constant);
    }

    private BpfProgram add(int opcode, int destination, int source, int constant) {
        instructions.add(
                opcode | (long) destination << 8 | (long) source << 12 | (long) constant << 32);
        return this;
    }

    /** The instructions, one in each long, as a little-endian kernel has them. */
    long[] build() {
        long[] built = instructions.stream().mapToLong(Long::longValue).toArray();
        for (Jump jump : jumps) {
            Integer target = labels.get(jump.label());
            if (target == null || target <= jump.at()) {
                throw new IllegalStateException("no label " + jump.label() + " ahead");
            }
            built[jump.at()] |= (target - jump.at() - 1L) << 16;
        }
        return built;
    }
}
