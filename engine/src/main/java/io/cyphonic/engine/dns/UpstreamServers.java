package io.cyphonic.engine.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * Passes queries on to the name servers the host had before: one after the other until one answers.
 * Each query has a socket, hence a port, of its own and a fresh random id, so that a forged answer
 * has to guess both (RFC 5452). A truncated answer goes back as it is: the client asks again over
 * TCP, and that query is passed on over TCP as well.
 */
final class UpstreamServers implements Upstream {
    private static final int MAX_DATAGRAM = 4096;
    private static final int MAX_AT_ONCE = 64;
    private static final int MAX_RECEIVED = 16;
    private static final int HEADER_LENGTH = 12;
    private static final int TYPE_AND_CLASS = 4;

    private final List<InetSocketAddress> servers;
    private final int timeoutMillis;
    private final SecureRandom random;
    private final Semaphore room = new Semaphore(MAX_AT_ONCE);

    /**
     * Made for a list of servers.
     *
     * @param timeout per server
     */
    UpstreamServers(List<InetSocketAddress> servers, Duration timeout, SecureRandom random) {
        this.servers = List.copyOf(servers);
        this.timeoutMillis = Math.toIntExact(timeout.toMillis());
        this.random = random;
    }

    @Override
    public Optional<byte[]> ask(byte[] query, boolean stream) {
        if (!room.tryAcquire()) {
            return Optional.empty();
        }
        try {
            for (InetSocketAddress server : servers) {
                Optional<byte[]> answer = askOne(server, query, stream);
                if (answer.isPresent()) {
                    return answer;
                }
            }
            return Optional.empty();
        } finally {
            room.release();
        }
    }

    private Optional<byte[]> askOne(InetSocketAddress server, byte[] query, boolean stream) {
        byte[] sent = query.clone();
        int id = random.nextInt(0x10000);
        sent[0] = (byte) (id >>> 8);
        sent[1] = (byte) id;
        try {
            byte[] answer = stream ? overTcp(server, sent) : overUdp(server, sent);
            if (answer == null || !belongsTo(answer, sent)) {
                return Optional.empty();
            }
            answer[0] = query[0];
            answer[1] = query[1];
            return Optional.of(answer);
        } catch (IOException _) {
            // Silence, refusal, no route: the next server may know more.
            return Optional.empty();
        }
    }

    private byte[] overUdp(InetSocketAddress server, byte[] query) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(server);
            socket.setSoTimeout(timeoutMillis);
            socket.send(new DatagramPacket(query, query.length));
            for (int received = 0; received < MAX_RECEIVED; received++) {
                DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
                socket.receive(packet);
                byte[] answer = Arrays.copyOf(packet.getData(), packet.getLength());
                if (belongsTo(answer, query)) {
                    return answer;
                }
                // Somebody guesses, or an earlier answer is late: the right one may still come.
            }
            return null;
        }
    }

    private byte[] overTcp(InetSocketAddress server, byte[] query) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(server, timeoutMillis);
            socket.setSoTimeout(timeoutMillis);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] framed = new byte[query.length + 2];
            framed[0] = (byte) (query.length >>> 8);
            framed[1] = (byte) query.length;
            System.arraycopy(query, 0, framed, 2, query.length);
            out.write(framed);
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = new byte[in.readUnsignedShort()];
            in.readFully(answer);
            return answer;
        }
    }

    /** Same id, and an answer to the same question (RFC 5452, section 9.1). */
    static boolean belongsTo(byte[] answer, byte[] query) {
        int end = questionEnd(query);
        return end > 0
                && answer.length >= end
                && answer[0] == query[0]
                && answer[1] == query[1]
                && (answer[2] & 0x80) != 0
                && answer[4] == query[4]
                && answer[5] == query[5]
                && isSameIgnoringCase(answer, query, HEADER_LENGTH, end);
    }

    /** Where the first question ends; 0 if there is none that is whole. */
    private static int questionEnd(byte[] query) {
        int at = HEADER_LENGTH;
        while (at < query.length && query[at] != 0) {
            if ((query[at] & 0xC0) != 0) {
                return 0;
            }
            at += 1 + query[at];
        }
        int end = at + 1 + TYPE_AND_CLASS;
        return end <= query.length ? end : 0;
    }

    private static boolean isSameIgnoringCase(byte[] left, byte[] right, int from, int to) {
        for (int i = from; i < to; i++) {
            if (lower(left[i]) != lower(right[i])) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte letter) {
        return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
    }
}
