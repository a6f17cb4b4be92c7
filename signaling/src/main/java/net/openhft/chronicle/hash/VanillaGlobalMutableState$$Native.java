package net.openhft.chronicle.hash;

import net.openhft.chronicle.bytes.BytesStore;

/**
 * Five numbers in a map's header. Chronicle Map writes this class as source text at run time and
 * compiles it with javac before it can make its first map, unless the class path has it already: a
 * second of every start, 30 MB, and a JDK where a JRE would do. So it is here, under the name and
 * in the package Chronicle looks for. To be removed when Chronicle ships it.
 *
 * <p>Only for maps that live in memory: its layout (five 64-bit fields in the order below) is not
 * that of Chronicle's files. Callers hold the map's global lock.
 */
public final class VanillaGlobalMutableState$$Native implements VanillaGlobalMutableState {
    private static final int EXTRA_TIER_BULKS_FIELD_OFFSET = 0;
    private static final int FIRST_FREE_TIER_INDEX_FIELD_OFFSET = 8;
    private static final int EXTRA_TIERS_IN_USE_FIELD_OFFSET = 16;
    private static final int SEGMENT_HEADERS_OFFSET_FIELD_OFFSET = 24;
    private static final int DATA_STORE_SIZE_FIELD_OFFSET = 32;
    private static final int LENGTH = 40;

    private BytesStore<?, ?> store;
    private long offset;

    /** Points nowhere until {@link #bytesStore(BytesStore, long, long)}; called by reflection. */
    public VanillaGlobalMutableState$$Native() {}

    @Override
    public int getAllocatedExtraTierBulks() {
        return Math.toIntExact(read(EXTRA_TIER_BULKS_FIELD_OFFSET));
    }

    @Override
    public void setAllocatedExtraTierBulks(int value) {
        write(EXTRA_TIER_BULKS_FIELD_OFFSET, value);
    }

    @Override
    public long getFirstFreeTierIndex() {
        return read(FIRST_FREE_TIER_INDEX_FIELD_OFFSET);
    }

    @Override
    public void setFirstFreeTierIndex(long value) {
        write(FIRST_FREE_TIER_INDEX_FIELD_OFFSET, value);
    }

    @Override
    public long getExtraTiersInUse() {
        return read(EXTRA_TIERS_IN_USE_FIELD_OFFSET);
    }

    @Override
    public void setExtraTiersInUse(long value) {
        write(EXTRA_TIERS_IN_USE_FIELD_OFFSET, value);
    }

    @Override
    public long getSegmentHeadersOffset() {
        return read(SEGMENT_HEADERS_OFFSET_FIELD_OFFSET);
    }

    @Override
    public void setSegmentHeadersOffset(long value) {
        write(SEGMENT_HEADERS_OFFSET_FIELD_OFFSET, value);
    }

    @Override
    public long getDataStoreSize() {
        return read(DATA_STORE_SIZE_FIELD_OFFSET);
    }

    @Override
    public void setDataStoreSize(long value) {
        write(DATA_STORE_SIZE_FIELD_OFFSET, value);
    }

    @Override
    public long addDataStoreSize(long addition) {
        final long size = Math.addExact(getDataStoreSize(), addition);
        setDataStoreSize(size);
        return size;
    }

    private long read(int fieldOffset) {
        return store.readLong(offset + fieldOffset);
    }

    private void write(int fieldOffset, long value) {
        if (value < 0) {
            throw new IllegalArgumentException("must not be negative, found " + value);
        }
        store.writeLong(offset + fieldOffset, value);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public void bytesStore(BytesStore bytesStore, long position, long length) {
        if (length != LENGTH) {
            throw new IllegalArgumentException("length must be " + LENGTH + ", found " + length);
        }
        this.store = bytesStore;
        this.offset = position;
    }

    @Override
    public BytesStore<?, ?> bytesStore() {
        return store;
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public long maxSize() {
        return LENGTH;
    }
}
