package io.cyphonic.engine.dns;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Tells systemd-resolved to ask this node about the zone, through resolvectl(1). The setting
 * belongs to the virtual interface: systemd-resolved forgets it when the interface goes, after a
 * crash too, so there is nothing to undo.
 */
public final class ResolvedLink {
    private static final int TIMEOUT_SECONDS = 3;
    private static final Logger LOG = LoggerFactory.getLogger(ResolvedLink.class);

    private ResolvedLink() {}

    /** Sets server and routing domain of the interface; a failure is logged and changes nothing. */
    public static void configure(String interfaceName, String zone, InetAddress server) {
        boolean done =
                run("dns", interfaceName, server.getHostAddress())
                        && run("domain", interfaceName, "~" + zone)
                        && run("default-route", interfaceName, "no");
        if (done) {
            LOG.info("systemd-resolved asks this node about {}", zone);
        }
    }

    private static boolean run(String verb, String interfaceName, String value) {
        List<String> command = List.of("resolvectl", verb, interfaceName, value);
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                LOG.warn("dns.configure: {} did not end in time", String.join(" ", command));
                return false;
            }
            if (process.exitValue() != 0) {
                LOG.warn(
                        "dns.configure: {} failed; is systemd-resolved running?",
                        String.join(" ", command));
                return false;
            }
            return true;
        } catch (IOException e) {
            LOG.warn("dns.configure: {}", e.getMessage());
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
