package io.cyphonic.engine.local;

import io.cyphonic.engine.config.Membership;
import io.cyphonic.engine.config.NodeConfigLoader;
import io.cyphonic.engine.control.ControlPlane;
import io.cyphonic.engine.control.ControlPlane.Reached;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * {@code ping}: brings the tunnel to a peer up if need be and measures it with authenticated
 * probes, so it works where ICMP is filtered and shows which path they took.
 */
final class PingCommand implements LocalCommand {
    private static final int MAX_COUNT = 1000;
    private static final Duration REACH_LIMIT = Duration.ofSeconds(10);
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(3);

    private final Membership self;
    private final ControlPlane control;
    private final Duration interval;

    PingCommand(Membership self, ControlPlane control, Duration interval) {
        this.self = self;
        this.control = control;
        this.interval = interval;
    }

    @Override
    public void run(Map<String, Object> request, Replies replies) throws IOException {
        String fqdn = qualify(String.valueOf(request.get("name")));
        int count = request.get("count") instanceof Number number ? number.intValue() : 1;
        if (count < 1 || count > MAX_COUNT) {
            replies.send(Map.of("error", "the count is 1 to " + MAX_COUNT));
            return;
        }
        try {
            Optional<String> problem = reach(fqdn);
            if (problem.isPresent()) {
                replies.send(Map.of("error", problem.get()));
            } else {
                probe(fqdn, count, replies);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException("must not fail", e.getCause());
        }
    }

    /** A name without a dot is one of the zone. */
    private String qualify(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        String bare = lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
        return bare.contains(".") ? bare : bare + "." + self.zone();
    }

    private Optional<String> reach(String fqdn) throws InterruptedException, ExecutionException {
        if (fqdn.equals(self.fqdn())) {
            return Optional.of(fqdn + " is this node itself");
        }
        if (!fqdn.endsWith("." + self.zone())) {
            return Optional.of("%s is not in the zone %s".formatted(fqdn, self.zone()));
        }
        try {
            Reached reached =
                    control.reach(fqdn).get(REACH_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            return switch (reached) {
                case Reached.Up _ -> Optional.empty();
                case Reached.Unknown() -> Optional.of("the cloud knows no " + fqdn);
                case Reached.Unreachable(String reason) ->
                        Optional.of("%s cannot be reached: %s".formatted(fqdn, reason));
            };
        } catch (TimeoutException _) {
            return Optional.of(
                    "%s cannot be reached: no tunnel after %d s"
                            .formatted(fqdn, REACH_LIMIT.toSeconds()));
        }
    }

    private void probe(String fqdn, int count, Replies replies)
            throws IOException, InterruptedException, ExecutionException {
        int received = 0;
        double sum = 0;
        double least = Double.NaN;
        double most = Double.NaN;
        for (int sequence = 1; sequence <= count; sequence++) {
            double millis = rttMillis(fqdn);
            if (!Double.isNaN(millis)) {
                received++;
                sum += millis;
                least = Double.isNaN(least) ? millis : Math.min(least, millis);
                most = Double.isNaN(most) ? millis : Math.max(most, millis);
            }
            replies.send(line(fqdn, sequence, millis));
            if (sequence < count) {
                Thread.sleep(interval);
            }
        }
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("sent", count);
        summary.put("received", received);
        summary.put("minMillis", StatusReport.number(least));
        summary.put("avgMillis", received == 0 ? null : StatusReport.number(sum / received));
        summary.put("maxMillis", StatusReport.number(most));
        replies.send(summary);
    }

    private double rttMillis(String fqdn) throws InterruptedException, ExecutionException {
        try {
            long nanos = control.probe(fqdn).get(PROBE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            return nanos < 0 ? Double.NaN : nanos / 1e6;
        } catch (TimeoutException _) {
            return Double.NaN;
        }
    }

    private Map<String, Object> line(String fqdn, int sequence, double millis) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("fqdn", fqdn);
        object.put("sequence", sequence);
        object.put("rttMillis", StatusReport.number(millis));
        control.peers().stream()
                .filter(peer -> peer.fqdn().equals(fqdn))
                .findFirst()
                .ifPresent(
                        peer -> {
                            object.put("path", NodeConfigLoader.kebab(peer.path()));
                            object.put(
                                    "endpoint",
                                    peer.endpoint() == null ? null : peer.endpoint().toString());
                        });
        return object;
    }
}
