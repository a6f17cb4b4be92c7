package io.cyphonic.engine.control.discovery;

import java.net.InetAddress;
import java.util.List;

/** Finds the addresses of a host name. May wait for a name server. */
@FunctionalInterface
public interface HostNames {
    /** Every address of a name or literal; empty if there is none or nobody says. */
    List<InetAddress> resolve(String name);
}
