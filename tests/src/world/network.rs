//! A place behind a link: a network namespace joined to this machine by a virtual cable whose upload can be
//! limited by the kernel's token bucket and which can be pulled out. Needs root and iproute2.

use std::fs::File;
use std::net::Ipv4Addr;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sched::{CloneFlags, setns};

use super::process::run;

/// Addresses set aside for measuring networks (RFC 2544): nobody else uses them.
const FIRST: u32 = u32::from_be_bytes([198, 18, 0, 0]);
/// Sites one process can have: their names and addresses are made of its id and a number.
const PER_PROCESS: u32 = 16;
/// What a cheap router holds before it drops.
const QUEUE: &str = "300ms";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A namespace with one cable to this machine; dropping it takes both away.
#[derive(Debug)]
pub struct Site {
    name: String,
    /// Our end of the cable.
    cable: String,
    address: Ipv4Addr,
}

impl Site {
    /// Sets it up with an open cable.
    pub fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        assert!(number < PER_PROCESS, "at most {PER_PROCESS} sites");
        let slot = (std::process::id() % 2048) * PER_PROCESS + number;
        let network = FIRST + slot * 4;
        let (here, there) = (Ipv4Addr::from(network + 1), Ipv4Addr::from(network + 2));
        let name = format!("sc{slot}");
        let site = Self {
            cable: format!("{name}a"),
            name,
            address: there,
        };
        let far = format!("{}b", site.name);
        ip(&["netns", "add", &site.name]);
        ip(&[
            "link",
            "add",
            &site.cable,
            "type",
            "veth",
            "peer",
            "name",
            &far,
            "netns",
            &site.name,
        ]);
        ip(&["addr", "add", &format!("{here}/30"), "dev", &site.cable]);
        // Several packets in one are larger than a slow bucket's burst; one that is queued when the rate falls would
        // block it for good.
        ip(&["link", "set", &site.cable, "gso_max_segs", "1"]);
        ip(&["link", "set", &site.cable, "up"]);
        ip(&[
            "-n",
            &site.name,
            "addr",
            "add",
            &format!("{there}/30"),
            "dev",
            &far,
        ]);
        ip(&["-n", &site.name, "link", "set", &far, "up"]);
        ip(&["-n", &site.name, "link", "set", "lo", "up"]);
        site
    }

    /// Address of what listens there, from this machine.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// A command that runs there.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]);
        command
    }

    /// Puts the calling thread there, and those that it starts, until it ends: what they open from now on is there.
    pub fn enter(&self) {
        let place = File::open(format!("/run/netns/{}", self.name)).unwrap();
        setns(place, CloneFlags::CLONE_NEWNET).unwrap();
    }

    /// Limits what goes there; `None` opens the cable wide.
    pub fn limit(&self, kbps: Option<u32>) {
        match kbps {
            Some(kbps) => {
                // One full packet at least, or nothing ever passes.
                let burst = (kbps * 125 / 20).max(3_000);
                let (rate, burst) = (format!("{kbps}kbit"), format!("{burst}"));
                tc(&[
                    "qdisc",
                    "replace",
                    "dev",
                    &self.cable,
                    "root",
                    "tbf",
                    "rate",
                    &rate,
                    "burst",
                    &burst,
                    "latency",
                    QUEUE,
                ]);
            }
            None => tc(&["qdisc", "replace", "dev", &self.cable, "root", "pfifo"]),
        }
    }

    /// Pulls the cable out: nothing passes, nobody is told.
    pub fn pull(&self) {
        ip(&["link", "set", &self.cable, "down"]);
    }

    /// Puts it back.
    pub fn plug(&self) {
        ip(&["link", "set", &self.cable, "up"]);
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // The cable goes with its end.
        let _ = Command::new("ip")
            .args(["netns", "del", &self.name])
            .status();
    }
}

fn ip(arguments: &[&str]) {
    run("ip", arguments);
}

fn tc(arguments: &[&str]) {
    run("tc", arguments);
}
