package io.cyphonic.engine.packet;

/** Where the fields of a TCP header are (RFC 9293, section 3.1). */
final class TcpHeader {
    /** Length without options. */
    static final int LENGTH = 20;

    static final int SEQUENCE_FIELD_OFFSET = 4;
    static final int ACKNOWLEDGEMENT_FIELD_OFFSET = 8;
    static final int DATA_OFFSET_FIELD_OFFSET = 12;
    static final int FLAGS_FIELD_OFFSET = 13;
    static final int WINDOW_FIELD_OFFSET = 14;
    static final int CHECKSUM_FIELD_OFFSET = 16;
    static final int URGENT_FIELD_OFFSET = 18;

    static final int FLAG_FIN = 0x01;
    static final int FLAG_PSH = 0x08;
    static final int FLAG_CWR = 0x80;

    private TcpHeader() {}

    /** Length with options, as the header says; may be less than {@link #LENGTH}: malformed. */
    static int length(byte[] buffer, int offset) {
        return (buffer[offset + DATA_OFFSET_FIELD_OFFSET] >>> 4 & 0xF) << 2;
    }
}
