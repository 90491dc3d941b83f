//! A balancer before several servers, as an operator has one: one address, and each connection goes to the first server of its
//! list that takes it.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A balancer on loopback. Its list can change while it runs.
#[derive(Debug)]
pub struct Balancer {
    port: u16,
    servers: Arc<Mutex<Vec<u16>>>,
}

impl Balancer {
    /// Starts it before these ports of this machine.
    pub fn start(servers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let servers = Arc::new(Mutex::new(servers.to_vec()));
        let list = Arc::clone(&servers);
        // Ends with the process: a test's.
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let list = list.lock().unwrap().clone();
                let mut servers = list.into_iter();
                let server = servers.find_map(|port| TcpStream::connect(("127.0.0.1", port)).ok());
                if let Some(server) = server {
                    join(client, server);
                }
            }
        });
        Self { port, servers }
    }

    /// The port that everybody is told.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where connections go from now on.
    pub fn lead_to(&self, servers: &[u16]) {
        *self.servers.lock().unwrap() = servers.to_vec();
    }
}

fn join(client: TcpStream, server: TcpStream) {
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let ends = [
        (client.try_clone().unwrap(), server.try_clone().unwrap()),
        (server, client),
    ];
    for (mut from, mut to) in ends {
        thread::spawn(move || {
            let copied = io::copy(&mut from, &mut to);
            // A server that was killed is gone for both.
            let how = if copied.is_ok() {
                Shutdown::Write
            } else {
                Shutdown::Both
            };
            let _ = to.shutdown(how);
        });
    }
}
