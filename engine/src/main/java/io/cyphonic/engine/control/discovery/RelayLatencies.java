package io.cyphonic.engine.control.discovery;

import io.cyphonic.engine.control.ControlRuntime;
import io.cyphonic.signaling.protocol.RelayRoundTrip;
import io.cyphonic.signaling.protocol.RelayServer;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * How far the relays are, by a STUN question to each every minute, so that the NMS can choose the
 * one with the shortest way between two nodes. A single relay is not measured: there is no choice.
 * Thread-safe; nothing waits.
 */
public final class RelayLatencies {
    static final long REFRESH_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** Less than this changes no choice. */
    private static final int NOTABLE_MILLIS = 10;

    private final ControlRuntime runtime;
    private final StunClient client;
    private final Supplier<List<RelayServer>> relays;
    private final Runnable changed;

    // Guarded by this.
    private final Map<Integer, Integer> millis = new HashMap<>();
    private List<RelayServer> measured = List.of();
    private long nextNanos;

    /**
     * Asks nobody before the first tick.
     *
     * @param relays those that the cloud named, at present
     * @param changed called when the cloud should know of it
     */
    public RelayLatencies(
            ControlRuntime runtime,
            StunClient client,
            Supplier<List<RelayServer>> relays,
            Runnable changed) {
        this.runtime = runtime;
        this.client = client;
        this.relays = relays;
        this.changed = changed;
        this.nextNanos = runtime.nanoTime();
    }

    /** Does what is due. */
    public void tick() {
        List<RelayServer> present = relays.get();
        synchronized (this) {
            boolean same = present.equals(measured);
            if (present.size() < 2 || same && nextNanos - runtime.nanoTime() > 0) {
                return;
            }
            measured = present;
            nextNanos = runtime.nanoTime() + REFRESH_NANOS;
            List<Integer> ids = present.stream().map(RelayServer::id).toList();
            millis.keySet().retainAll(ids);
        }
        present.forEach(this::measure);
    }

    private void measure(RelayServer relay) {
        List<InetSocketAddress> addresses =
                Stream.of(relay.ipv4(), relay.ipv6()).filter(Objects::nonNull).toList();
        List<StunClient.Answer> answers = new ArrayList<>();
        for (InetSocketAddress address : addresses) {
            client.ask(
                    address,
                    answer -> {
                        boolean complete;
                        synchronized (answers) {
                            answers.add(answer);
                            complete = answers.size() == addresses.size();
                        }
                        if (complete) {
                            onMeasured(relay.id(), best(answers));
                        }
                    });
        }
    }

    private static int best(List<StunClient.Answer> answers) {
        return answers.stream()
                .filter(answer -> answer.rttNanos() >= 0)
                .mapToInt(
                        answer ->
                                (int)
                                        Math.min(
                                                TimeUnit.NANOSECONDS.toMillis(answer.rttNanos()),
                                                RelayRoundTrip.UNREACHABLE - 1))
                .min()
                .orElse(RelayRoundTrip.UNREACHABLE);
    }

    private void onMeasured(int relayId, int now) {
        boolean notable;
        synchronized (this) {
            Integer before = millis.get(relayId);
            notable =
                    before == null
                            || Math.abs(before - now) >= Math.max(NOTABLE_MILLIS, before / 3);
            if (notable) {
                millis.put(relayId, now);
            }
        }
        if (notable) {
            changed.run();
        }
    }

    /** What is known, by relay id. */
    public synchronized List<RelayRoundTrip> roundTrips() {
        return millis.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(each -> new RelayRoundTrip(each.getKey(), each.getValue()))
                .toList();
    }
}
