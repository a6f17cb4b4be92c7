package io.cyphonic.signaling.net;

/**
 * What one receive call returned: the bytes of one or more datagrams from one source, back to back,
 * all of {@link #segmentLength} bytes but the last, which may be shorter (udp(7), UDP_GRO). Made
 * once and reused; owned by the thread that receives into it.
 */
public final class ReceivedDatagrams {
    /** The bytes; filled from 0 to {@link #length}. */
    public byte[] buffer;

    /** Bytes in {@link #buffer}. */
    public int length;

    /** Bytes per datagram; equal to {@link #length} where there is only one. */
    public int segmentLength;

    /** The source in the kernel's form, valid from 0 to {@link #sourceLength}. */
    public final byte[] source = new byte[Endpoint.SOCKADDR_IPV6_LENGTH];

    /** Bytes in {@link #source}. */
    public int sourceLength;
}
