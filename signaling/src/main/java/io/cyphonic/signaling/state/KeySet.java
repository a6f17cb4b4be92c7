package io.cyphonic.signaling.state;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The keys that a table holds, flat in one array: open addressing with linear probing. Visiting
 * them costs what they cost; Chronicle, asked for its entries, looks at every place where one could
 * be. Grows and shrinks with the number of keys. Thread-safe.
 */
final class KeySet {
    private static final int MIN_PLACES = 8;
    private static final int SPARSE = 8;
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Peers choose some keys: without it they could choose many that meet in one place. */
    private final long seed = new SecureRandom().nextLong();

    private final int keyLength;
    private byte[] keys;
    private boolean[] taken;
    private int count;

    KeySet(int keyLength) {
        this.keyLength = keyLength;
        allocate(MIN_PLACES);
    }

    private void allocate(int places) {
        keys = new byte[places * keyLength];
        taken = new boolean[places];
        count = 0;
    }

    /** Adds a key unless it is there. */
    synchronized void add(byte[] key) {
        if (2 * (count + 1) > taken.length) {
            rehash(2 * taken.length);
        }
        int place = find(key, 0);
        if (!taken[place]) {
            take(place, key, 0);
        }
    }

    /** Removes a key if it is there. */
    synchronized void remove(byte[] key) {
        int place = find(key, 0);
        if (!taken[place]) {
            return;
        }
        taken[place] = false;
        count--;
        closeGap(place);
        if (taken.length > MIN_PLACES && SPARSE * count < taken.length) {
            rehash(taken.length / 2);
        }
    }

    /** Copies of all keys, one after the other. */
    synchronized byte[] copy() {
        byte[] all = new byte[count * keyLength];
        int next = 0;
        for (int place = 0; place < taken.length; place++) {
            if (taken[place]) {
                System.arraycopy(keys, place * keyLength, all, next, keyLength);
                next += keyLength;
            }
        }
        return all;
    }

    /** What was pushed past the gap moves into it, so that no search ends too early. */
    private void closeGap(int gap) {
        int hole = gap;
        int mask = taken.length - 1;
        for (int place = next(hole); taken[place]; place = next(place)) {
            int home = home(keys, place * keyLength);
            boolean mayMove = (place - home & mask) >= (place - hole & mask);
            if (mayMove) {
                System.arraycopy(keys, place * keyLength, keys, hole * keyLength, keyLength);
                taken[hole] = true;
                taken[place] = false;
                hole = place;
            }
        }
    }

    private void rehash(int places) {
        byte[] all = copy();
        allocate(places);
        for (int offset = 0; offset < all.length; offset += keyLength) {
            take(find(all, offset), all, offset);
        }
    }

    private void take(int place, byte[] key, int offset) {
        System.arraycopy(key, offset, keys, place * keyLength, keyLength);
        taken[place] = true;
        count++;
    }

    /** Where a key is, or the free place where it would go. */
    private int find(byte[] key, int offset) {
        int place = home(key, offset);
        while (taken[place] && !isAt(place, key, offset)) {
            place = next(place);
        }
        return place;
    }

    private boolean isAt(int place, byte[] key, int offset) {
        int start = place * keyLength;
        return Arrays.equals(keys, start, start + keyLength, key, offset, offset + keyLength);
    }

    private int next(int place) {
        return place + 1 & taken.length - 1;
    }

    private int home(byte[] key, int offset) {
        long hash = seed;
        int end = offset + keyLength;
        int at = offset;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            hash = mix(hash ^ (long) LONG.get(key, at));
        }
        for (; at < end; at++) {
            hash = mix(hash ^ key[at]);
        }
        return (int) hash & taken.length - 1;
    }

    /** The finisher of MurmurHash3: every bit of the result depends on every bit given. */
    private static long mix(long value) {
        long mixed = value;
        mixed = (mixed ^ mixed >>> 33) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ mixed >>> 33) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ mixed >>> 33;
    }
}
