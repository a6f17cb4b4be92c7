package io.cyphonic.engine.control.discovery;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Asks the resolver of the host. */
public final class SystemHostNames implements HostNames {
    @Override
    public List<InetAddress> resolve(String name) {
        try {
            return List.of(InetAddress.getAllByName(name));
        } catch (UnknownHostException _) {
            return List.of();
        }
    }
}
