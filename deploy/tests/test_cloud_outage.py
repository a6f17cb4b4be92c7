"""The cloud comes back from kill -9 and from standing still, with all it had acknowledged; nodes keep their tunnels."""

import signal
import time

import shared
from lab import wait_for


class CloudOutageTest(shared.PairTest):
    def test_cloud_comes_back_from_kill_with_all_it_acknowledged(self):
        invitations = {name: self.cloud.invite(name) for name in ("carol", "dave", "erin")}
        self.cloud.command("revoke", "nobody", check=False)
        before = {device["fqdn"] for device in self.cloud.devices()["devices"]}
        self.cloud.kill()

        self.assert_reachable("tunnels go on without the cloud")
        wait_for(lambda: self.alice.status()["node"]["state"] == "offline", 90, "alice to notice that the cloud is gone")
        self.assertFalse(self.alice.status()["cloud"]["reachable"])
        self.assert_reachable("tunnels go on while the node knows that the cloud is gone")

        self.cloud.serve()
        wait_for(lambda: self.alice.status()["node"]["state"] == "registered", 90, "alice to register again")
        wait_for(lambda: self.bob.status()["node"]["state"] == "registered", 90, "bob to register again")
        self.assertEqual(before, {device["fqdn"] for device in self.cloud.devices()["devices"]})
        carol = shared.Node(self.lab.host("carol"))
        carol.join(invitations["carol"])
        carol.up()
        self.assertIn(" 0% packet loss", carol.host.run("ping", "-c", "3", "-W", "5", self.bob.fqdn).stdout)

    def test_cloud_goes_on_after_standing_still(self):
        # Longer than the ten seconds after which Aeron by default takes a client for dead.
        self.cloud.process.popen.send_signal(signal.SIGSTOP)
        time.sleep(20)
        self.cloud.process.popen.send_signal(signal.SIGCONT)
        wait_for(lambda: self.alice.status()["node"]["state"] == "registered", 60, "alice to be registered")
        frank = shared.Node(self.lab.host("frank"))
        frank.join(self.cloud.invite("frank"))
        frank.up()
        self.assertIn(" 0% packet loss", frank.host.run("ping", "-c", "3", "-W", "5", self.bob.fqdn).stdout)

    def test_invitation_can_be_made_while_the_cloud_is_down(self):
        lab_cloud = shared.Cloud(self.lab.host("cloud2"))
        invitation = lab_cloud.invite("grace")
        lab_cloud.serve()
        grace = shared.Node(self.lab.host("grace"))
        grace.join(invitation)
        self.assertIn("ready", grace.up())
