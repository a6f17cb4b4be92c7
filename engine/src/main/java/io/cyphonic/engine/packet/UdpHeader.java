package io.cyphonic.engine.packet;

/** Where the fields of a UDP header are (RFC 768). */
final class UdpHeader {
    /** Length of the header. */
    static final int LENGTH = 8;

    static final int LENGTH_FIELD_OFFSET = 4;
    static final int CHECKSUM_FIELD_OFFSET = 6;

    private UdpHeader() {}
}
