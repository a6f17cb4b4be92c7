package io.cyphonic.signaling.state;

import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.RandomDataInput;
import net.openhft.chronicle.hash.AbstractData;
import net.openhft.chronicle.hash.Data;
import net.openhft.chronicle.hash.serialization.DataAccess;
import net.openhft.chronicle.wire.WireIn;
import net.openhft.chronicle.wire.WireOut;

import java.util.Arrays;

/**
 * Hands arrays of one length to Chronicle without allocating: each is copied into a buffer that
 * lives as long as the thread's context and is overwritten after use, as records may be secret.
 * Chronicle's own class makes two objects per operation. Owned by one context, so by one thread.
 */
final class FixedBytes extends AbstractData<byte[]> implements DataAccess<byte[]> {
    private byte[] buffer;
    private BytesStore<?, ?> store;

    FixedBytes(int length) {
        setLength(length);
    }

    private void setLength(int length) {
        buffer = new byte[length];
        store = BytesStore.wrap(buffer);
    }

    @Override
    public Data<byte[]> getData(byte[] instance) {
        System.arraycopy(instance, 0, buffer, 0, buffer.length);
        return this;
    }

    @Override
    public void uninit() {
        Arrays.fill(buffer, (byte) 0);
    }

    @Override
    public DataAccess<byte[]> copy() {
        return new FixedBytes(buffer.length);
    }

    @Override
    public RandomDataInput bytes() {
        return store;
    }

    @Override
    public long offset() {
        return store.start();
    }

    @Override
    public long size() {
        return buffer.length;
    }

    @Override
    public byte[] get() {
        return buffer.clone();
    }

    @Override
    public byte[] getUsing(byte[] using) {
        if (using == null || using.length != buffer.length) {
            return get();
        }
        System.arraycopy(buffer, 0, using, 0, buffer.length);
        return using;
    }

    @Override
    public void writeMarshallable(WireOut wire) {
        wire.write("length").int32(buffer.length);
    }

    @Override
    public void readMarshallable(WireIn wire) {
        setLength(wire.read("length").int32());
    }
}
