/**
 * The Linux side of the ports in {@code io.cyphonic.signaling.net}: the TUN device, the UDP
 * sockets, poll(2) and rtnetlink, called through {@code java.lang.foreign}. It is the only package
 * that calls foreign functions; it knows nothing of tunnels, sessions or signaling.
 *
 * <p>Rules kept throughout: a failed call is a negative errno on the data path and a typed {@link
 * io.cyphonic.signaling.os.NativeException} at start; every object that calls has its own place for
 * errno, never shared between threads; native memory is made once per object in an {@code
 * Arena.ofAuto()}, so that a late call of another thread can never touch freed memory, while
 * descriptors are closed explicitly.
 */
package io.cyphonic.signaling.os;
