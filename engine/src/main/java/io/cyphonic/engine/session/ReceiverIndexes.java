package io.cyphonic.engine.session;

import java.security.SecureRandom;
import java.util.HashSet;

/**
 * Hands out receiver indexes: the low bits are the slot in the session array, the bits above are
 * random and new each time, so that an index can be neither guessed nor confused with that of a
 * session before it. Guarded by the {@link TunnelTable}; {@link #slotOf} is for any thread.
 */
final class ReceiverIndexes {
    private static final int NONE = TunnelTable.NONE;

    /** Previous, current and next session, and reservations for handshakes under way. */
    private static final int SLOTS_PER_TUNNEL = 6;

    private static final int MIN_SLOTS = 64;
    private static final byte FREE = 0;
    private static final byte RESERVED = 1;
    private static final byte TAKEN = 2;

    private final SecureRandom random;
    private final int mask;
    private final byte[] states;
    private final int[] indexes;
    private final int[] owners;
    private final HashSet<Integer> reservedSlots = new HashSet<>();

    ReceiverIndexes(int maxTunnels, SecureRandom random) {
        this.random = random;
        int slots = Integer.highestOneBit(SLOTS_PER_TUNNEL * maxTunnels - 1) << 1;
        slots = Math.max(MIN_SLOTS, slots);
        mask = slots - 1;
        states = new byte[slots];
        indexes = new int[slots];
        owners = new int[slots];
    }

    int slots() {
        return mask + 1;
    }

    int slotOf(int receiverIndex) {
        return receiverIndex & mask;
    }

    int reserve(int owner) {
        int start = random.nextInt();
        for (int i = 0; i <= mask; i++) {
            int slot = start + i & mask;
            if (states[slot] == FREE) {
                int index = random.nextInt() & ~mask | slot;
                index = index == NONE ? slot : index;
                states[slot] = RESERVED;
                indexes[slot] = index;
                owners[slot] = owner;
                reservedSlots.add(slot);
                return index;
            }
        }
        return NONE;
    }

    void releaseReserved(int receiverIndex) {
        int slot = slotOf(receiverIndex);
        if (states[slot] == RESERVED && indexes[slot] == receiverIndex) {
            states[slot] = FREE;
            reservedSlots.remove(slot);
        }
    }

    void releaseReservationsOf(int owner) {
        reservedSlots.removeIf(
                slot -> {
                    boolean owned = owners[slot] == owner;
                    if (owned) {
                        states[slot] = FREE;
                    }
                    return owned;
                });
    }

    /** Turns a reservation into a session's; false if it is not this owner's reservation. */
    boolean take(int receiverIndex, int owner) {
        int slot = slotOf(receiverIndex);
        boolean reserved =
                states[slot] == RESERVED && indexes[slot] == receiverIndex && owners[slot] == owner;
        if (reserved) {
            states[slot] = TAKEN;
            reservedSlots.remove(slot);
        }
        return reserved;
    }

    void free(int receiverIndex) {
        states[slotOf(receiverIndex)] = FREE;
    }
}
