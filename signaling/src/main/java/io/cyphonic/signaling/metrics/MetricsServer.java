package io.cyphonic.signaling.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves one page, {@code /metrics}, over HTTP. Nothing can be changed through it. Connections, and
 * the time each request may take, are bounded.
 */
public final class MetricsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);
    private static final int BACKLOG = 8;
    private static final int MAX_CONNECTIONS = 16;
    private static final int MAX_SECONDS = 10;
    private static final int PAGE_BYTES = 32 * 1024;

    private final HttpServer server;
    private final List<MetricsSource> sources;
    private final ExecutorService threads =
            Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("cy-metrics-", 0).factory());

    // Made at the first request: a node that nobody asks does not pay for it.
    private MetricsPage page;

    private MetricsServer(HttpServer server, List<MetricsSource> sources) {
        this.server = server;
        this.sources = sources;
    }

    /**
     * Starts to serve.
     *
     * @throws IOException if it cannot listen there; the message names the key {@code
     *     metrics.listen}
     */
    public static MetricsServer open(InetSocketAddress listen, List<MetricsSource> sources)
            throws IOException {
        limit("jdk.httpserver.maxConnections", MAX_CONNECTIONS);
        limit("sun.net.httpserver.maxReqTime", MAX_SECONDS);
        limit("sun.net.httpserver.maxRspTime", MAX_SECONDS);
        HttpServer server;
        try {
            server = HttpServer.create(listen, BACKLOG);
        } catch (IOException e) {
            throw new IOException(
                    "metrics.listen: cannot listen on %s port %d: %s"
                            .formatted(
                                    listen.getAddress().getHostAddress(),
                                    listen.getPort(),
                                    e.getMessage()),
                    e);
        }
        MetricsServer metrics = new MetricsServer(server, sources);
        server.setExecutor(metrics.threads);
        server.createContext("/metrics", metrics::answer);
        server.start();
        return metrics;
    }

    /** The JDK's server takes its limits from system properties, read once. */
    private static void limit(String property, int value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, Integer.toString(value));
        }
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private synchronized MetricsPage page() {
        if (page == null) {
            page = new MetricsPage(sources);
        }
        return page;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("GET")
                    || !exchange.getRequestURI().getPath().equals("/metrics")) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            String accept = exchange.getRequestHeaders().getFirst("Accept");
            ByteArrayOutputStream body = new ByteArrayOutputStream(PAGE_BYTES);
            try {
                page().write(accept, body);
            } catch (RuntimeException | Error e) {
                LOG.error("a source of metrics failed; this is a bug", e);
                exchange.sendResponseHeaders(500, -1);
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", page().contentType(accept));
            exchange.sendResponseHeaders(200, body.size());
            body.writeTo(exchange.getResponseBody());
        }
    }

    /** Ends the service at once. Idempotent. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
