package io.cyphonic.engine.dns;

import org.xbill.DNS.ExtendedErrorCodeOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;

/**
 * The answer to one query while it is being made. It repeats the question as it came, the case of
 * its letters included, and speaks EDNS (RFC 6891) if the query did.
 */
final class Reply {
    /** Longest UDP answer: fits an IPv6 packet of the least MTU (DNS flag day 2020). */
    static final int MAX_DATAGRAM = 1232;

    private static final int PLAIN_DATAGRAM = 512;
    private static final int MAX_REASON_LENGTH = 120;

    private final Message message;
    private final OPTRecord edns;
    private String reason = "";

    Reply(Message query) {
        edns = query.getOPT();
        message = new Message(query.getHeader().getID());
        message.getHeader().setFlag(Flags.QR);
        message.getHeader().setFlag(Flags.RA);
        if (query.getHeader().getFlag(Flags.RD)) {
            message.getHeader().setFlag(Flags.RD);
        }
        message.getHeader().setOpcode(query.getHeader().getOpcode());
        if (query.getQuestion() != null) {
            message.addRecord(query.getQuestion(), Section.QUESTION);
        }
    }

    /** Says that the answer comes from the owner of the zone. */
    void authoritative() {
        message.getHeader().setFlag(Flags.AA);
    }

    /** Sets the response code; NOERROR without it. */
    void rcode(int rcode) {
        message.getHeader().setRcode(rcode);
    }

    /** Adds one record. */
    void add(Record record, int section) {
        message.addRecord(record, section);
    }

    /** Tells a person at the other end why it failed (RFC 8914), where EDNS lets us. */
    void explain(String why) {
        reason = why.length() > MAX_REASON_LENGTH ? why.substring(0, MAX_REASON_LENGTH) : why;
    }

    /** The bytes to send; cut, and marked so, if they do not fit a datagram. */
    byte[] toBytes(boolean stream) {
        if (edns == null) {
            return message.toWire(stream ? Message.MAXLENGTH : PLAIN_DATAGRAM);
        }
        int extendedRcode = 0;
        if (edns.getVersion() != 0) {
            message.getHeader().setRcode(Rcode.BADVERS & 0xF);
            extendedRcode = Rcode.BADVERS >>> 4;
        }
        message.addRecord(
                reason.isEmpty()
                        ? new OPTRecord(MAX_DATAGRAM, extendedRcode, 0)
                        : new OPTRecord(
                                MAX_DATAGRAM,
                                extendedRcode,
                                0,
                                0,
                                new ExtendedErrorCodeOption(ExtendedErrorCodeOption.OTHER, reason)),
                Section.ADDITIONAL);
        int room = Math.clamp(edns.getPayloadSize(), PLAIN_DATAGRAM, MAX_DATAGRAM);
        return message.toWire(stream ? Message.MAXLENGTH : room);
    }
}
