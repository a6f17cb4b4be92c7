package io.cyphonic.engine.dns;

import io.cyphonic.engine.dns.DnsCounters.Event;

import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

import java.io.IOException;
import java.net.InetAddress;
import java.util.Optional;

/**
 * Turns the bytes of a query into the bytes of its answer and moves exactly one counter. Any bytes
 * at all are accepted: what is not a query gets no answer, and nothing here throws for it.
 *
 * <p>Safe for any number of threads; a call may wait for a tunnel or an upstream server, bounded.
 */
final class QueryHandler {
    private static final int HEADER_LENGTH = 12;
    private static final int RESPONSE_BIT = 0x80;

    private final ZoneAnswers zone;
    private final ReverseAnswers reverse;
    private final Upstream upstream;
    private final DnsCounters counters;

    QueryHandler(
            ZoneAnswers zone, ReverseAnswers reverse, Upstream upstream, DnsCounters counters) {
        this.zone = zone;
        this.reverse = reverse;
        this.upstream = upstream;
        this.counters = counters;
    }

    /**
     * Answers one query.
     *
     * @param stream whether it came over TCP
     * @return the answer, or {@code null} if there is none to give
     */
    byte[] answer(byte[] bytes, boolean stream) {
        if (bytes.length < HEADER_LENGTH || (bytes[2] & RESPONSE_BIT) != 0) {
            counters.count(Event.MALFORMED);
            return null;
        }
        Optional<Message> query = parse(bytes);
        if (query.isEmpty()) {
            counters.count(Event.MALFORMED);
            return formatError(bytes);
        }
        Message message = query.get();
        Reply reply = new Reply(message);
        if (message.getHeader().getOpcode() != Opcode.QUERY) {
            reply.rcode(Rcode.NOTIMP);
            return finish(Event.NOT_SUPPORTED, reply, stream);
        }
        if (message.getHeader().getCount(Section.QUESTION) != 1) {
            reply.rcode(Rcode.FORMERR);
            return finish(Event.MALFORMED, reply, stream);
        }
        return answerQuestion(bytes, message.getQuestion(), reply, stream);
    }

    private byte[] answerQuestion(byte[] bytes, Record question, Reply reply, boolean stream) {
        Name name = question.getName();
        int type = question.getType();
        boolean ours = zone.covers(name);
        Optional<InetAddress> address = reverse.virtualAddress(name);
        if (!ours && address.isEmpty()) {
            return forward(bytes, reply, stream);
        }
        if (question.getDClass() != DClass.IN || type == Type.AXFR || type == Type.IXFR) {
            reply.rcode(Rcode.REFUSED);
            return finish(Event.NOT_SUPPORTED, reply, stream);
        }
        Event event =
                ours
                        ? zone.answer(name, type, reply)
                        : reverse.answer(name, type, address.get(), reply);
        return finish(event, reply, stream);
    }

    private byte[] forward(byte[] bytes, Reply reply, boolean stream) {
        Optional<byte[]> answer = upstream.ask(bytes, stream);
        if (answer.isPresent()) {
            counters.count(Event.FORWARDED);
            return answer.get();
        }
        reply.rcode(Rcode.SERVFAIL);
        reply.explain("no upstream server answered");
        return finish(Event.NOT_FORWARDED, reply, stream);
    }

    private byte[] finish(Event event, Reply reply, boolean stream) {
        counters.count(event);
        return reply.toBytes(stream);
    }

    private static Optional<Message> parse(byte[] bytes) {
        try {
            return Optional.of(new Message(bytes));
        } catch (IOException | RuntimeException _) {
            // dnsjava reports some malformed records with unchecked exceptions.
            return Optional.empty();
        }
    }

    /** Header only: the id comes back, everything else of the query is unusable. */
    private static byte[] formatError(byte[] query) {
        byte[] answer = new byte[HEADER_LENGTH];
        answer[0] = query[0];
        answer[1] = query[1];
        answer[2] = (byte) (RESPONSE_BIT | query[2] & 0x79);
        answer[3] = (byte) Rcode.FORMERR;
        return answer;
    }
}
