package io.cyphonic.engine.pipeline;

import io.cyphonic.engine.config.EngineConfig;
import io.cyphonic.signaling.net.TunDevice;
import io.cyphonic.signaling.net.UdpTransport;
import io.cyphonic.signaling.state.StateStore;

import java.security.SecureRandom;
import java.util.function.LongSupplier;

/**
 * What the engine is built from. The engine closes none of it; the owner does, after the engine.
 *
 * @param config mode, ring, workers, limits
 * @param tun the virtual interface
 * @param udp the port on the underlay
 * @param readiness makes what staging threads sleep on; the engine closes what it makes
 * @param store holds the shared tunnel map
 * @param overlay what is carried at all
 * @param nanoClock monotonic, read once per batch
 * @param random for receiver indexes
 */
public record EngineParts(
        EngineConfig config,
        TunDevice tun,
        UdpTransport udp,
        ReadinessSource readiness,
        StateStore store,
        OverlayPrefixes overlay,
        LongSupplier nanoClock,
        SecureRandom random) {}
