package io.cyphonic.engine.simulation;

import io.cyphonic.engine.fixtures.VirtualTime;

import java.nio.ByteBuffer;

/** An application on one node that asks one on another node again and again. */
final class Flow {
    private static final byte QUESTION = 'Q';
    private static final byte ANSWER = 'A';
    private static final int LENGTH = 9;

    private final SimNode client;
    private final SimNode server;
    private final VirtualTime time;
    private final long intervalNanos;
    private boolean running = true;
    private boolean everAnswered;
    private long askedNanos;

    Flow(SimNode client, SimNode server, VirtualTime time, long intervalNanos) {
        this.client = client;
        this.server = server;
        this.time = time;
        this.intervalNanos = intervalNanos;
        ask();
    }

    private void ask() {
        if (!running) {
            return;
        }
        if (!client.isAsleep()) {
            byte[] question =
                    ByteBuffer.allocate(LENGTH).put(QUESTION).putLong(time.nanoTime()).array();
            client.node().dataPlane().sendPacket(server.virtualIpv4(), question);
        }
        time.after(intervalNanos, this::ask);
    }

    /** What a node does with a packet. */
    static byte[] answer(byte[] packet) {
        if (packet[0] != QUESTION) {
            return null;
        }
        byte[] answer = packet.clone();
        answer[0] = ANSWER;
        return answer;
    }

    void onAnswer(byte[] answer) {
        everAnswered = true;
        askedNanos = Math.max(askedNanos, ByteBuffer.wrap(answer).getLong(1));
    }

    void stop() {
        running = false;
    }

    long intervalNanos() {
        return intervalNanos;
    }

    SimNode client() {
        return client;
    }

    SimNode server() {
        return server;
    }

    /** Whether a question that was asked after this time was answered. */
    boolean isAnsweredSince(long nanos) {
        return everAnswered && askedNanos > nanos;
    }

    @Override
    public String toString() {
        return client + " -> " + server;
    }
}
