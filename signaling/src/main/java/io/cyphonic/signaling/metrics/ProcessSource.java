package io.cyphonic.signaling.metrics;

import io.cyphonic.signaling.os.ResourceUsage;

import jdk.management.VirtualThreadSchedulerMXBean;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * What the operating system and the Java runtime know of this process and the usual figures do not
 * say: threads of both kinds, context switches, the most memory it ever had.
 */
public final class ProcessSource implements MetricsSource {
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final VirtualThreadSchedulerMXBean scheduler =
            ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class);
    private final String version;

    /**
     * The figures of this process.
     *
     * @param version of the program, or {@code null} if it was not packaged
     */
    public ProcessSource(String version) {
        this.version = version == null ? "development" : version;
    }

    @Override
    public void collect(MetricsWriter out) {
        out.info("cyphonic_build", "The version of the program.", "version", version);
        ResourceUsage usage = ResourceUsage.ofThisProcess();
        out.counter(
                "cyphonic_process_context_switches",
                "Context switches of all threads, those that have ended included: voluntary ones"
                        + " waited for something, involuntary ones were preempted.",
                series -> {
                    series.value(usage.voluntarySwitches(), "kind", "voluntary");
                    series.value(usage.involuntarySwitches(), "kind", "involuntary");
                });
        out.gauge(
                "cyphonic_process_resident_memory_peak_bytes",
                "The most memory that was ever resident.",
                usage.peakResidentBytes());
        out.gauge(
                "cyphonic_process_os_threads",
                "Threads the operating system sees: platform threads, and those of the Java"
                        + " runtime itself.",
                ResourceUsage.threads());
        out.gauge(
                "cyphonic_process_platform_threads",
                "Live platform threads of Java, the carriers of virtual threads included.",
                threads.getThreadCount());
        out.counter(
                "cyphonic_process_platform_threads_started",
                "Platform threads of Java ever started.",
                threads.getTotalStartedThreadCount());
        out.gauge(
                "cyphonic_process_carrier_threads",
                "Platform threads that carry virtual threads.",
                scheduler.getPoolSize());
        out.gauge(
                "cyphonic_process_mounted_virtual_threads",
                "Virtual threads on a carrier at this moment.",
                scheduler.getMountedVirtualThreadCount());
        out.gauge(
                "cyphonic_process_queued_virtual_threads",
                "Virtual threads that could run and wait for a carrier.",
                scheduler.getQueuedVirtualThreadCount());
    }
}
