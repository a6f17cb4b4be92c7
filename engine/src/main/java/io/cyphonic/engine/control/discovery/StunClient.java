package io.cyphonic.engine.control.discovery;

import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.engine.control.policy.RetransmitPolicy;
import io.cyphonic.signaling.net.Endpoint;
import io.cyphonic.signaling.stun.StunCodec;
import io.cyphonic.signaling.stun.StunMessage;
import io.cyphonic.signaling.stun.StunTransactionId;
import io.cyphonic.signaling.stun.StunType;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Asks STUN servers from the tunnels' socket (RFC 8489, section 6). Repeats as signaling does, from
 * 250 ms on, which is sooner than the 500 ms of section 6.2.1 and fewer times. Only an answer with
 * the transaction id of an open question, from the server that was asked, counts. Thread-safe; no
 * call waits.
 */
public final class StunClient {
    /** Most questions at once. */
    public static final int MAX_QUESTIONS = 64;

    private final ControlRuntime runtime;
    private final Sender sender;
    private final Map<StunTransactionId, Question> questions = new ConcurrentHashMap<>();

    /** Sends from the tunnels' socket. */
    @FunctionalInterface
    public interface Sender {
        /** Sends one datagram; whether the kernel took it. */
        boolean send(byte[] datagram, int length, Endpoint to);
    }

    /**
     * What a server said.
     *
     * @param server who was asked
     * @param mapped the address it saw; {@code null} if it did not answer or refused
     * @param rttNanos of the last try; negative without an answer
     */
    public record Answer(InetSocketAddress server, InetSocketAddress mapped, long rttNanos) {}

    private record Question(
            InetSocketAddress server, int tries, long sentNanos, Consumer<Answer> asker) {
        Question again(long nowNanos) {
            return new Question(server, tries + 1, nowNanos, asker);
        }
    }

    /** Nothing is sent before the first question. */
    public StunClient(ControlRuntime runtime, Sender sender) {
        this.runtime = runtime;
        this.sender = sender;
    }

    /**
     * Asks a server for the address it sees.
     *
     * @param asker is told once, on any thread
     */
    public void ask(InetSocketAddress server, Consumer<Answer> asker) {
        if (questions.size() >= MAX_QUESTIONS) {
            asker.accept(new Answer(server, null, -1));
            return;
        }
        StunTransactionId id = StunTransactionId.random(runtime.random());
        Question question = new Question(server, 1, runtime.nanoTime(), asker);
        questions.put(id, question);
        transmit(id, question);
    }

    private void transmit(StunTransactionId id, Question question) {
        byte[] datagram = StunCodec.encode(StunMessage.request(id));
        sender.send(datagram, datagram.length, Endpoint.of(question.server()));
        runtime.after(
                RetransmitPolicy.REQUEST.waitNanos(question.tries(), runtime.random()),
                () -> onTimer(id, question));
    }

    private void onTimer(StunTransactionId id, Question question) {
        if (RetransmitPolicy.REQUEST.exhausted(question.tries())) {
            if (questions.remove(id, question)) {
                question.asker().accept(new Answer(question.server(), null, -1));
            }
            return;
        }
        Question again = question.again(runtime.nanoTime());
        if (questions.replace(id, question, again)) {
            transmit(id, again);
        }
    }

    /**
     * A datagram that looks like STUN came in.
     *
     * @return false if it answers no open question
     */
    public boolean onDatagram(byte[] datagram, Endpoint from) {
        StunMessage message = StunCodec.decode(datagram, datagram.length);
        if (message == null
                || message.type() != StunType.BINDING_SUCCESS
                        && message.type() != StunType.BINDING_ERROR) {
            return false;
        }
        Question question = questions.get(message.id());
        if (question == null
                || !from.equals(Endpoint.of(question.server()))
                || !questions.remove(message.id(), question)) {
            return false;
        }
        InetSocketAddress mapped =
                message.type() == StunType.BINDING_SUCCESS ? message.mapped() : null;
        question.asker()
                .accept(
                        new Answer(
                                question.server(),
                                mapped,
                                mapped == null ? -1 : runtime.nanoTime() - question.sentNanos()));
        return true;
    }

    /** Questions that wait for an answer. */
    public int open() {
        return questions.size();
    }
}
