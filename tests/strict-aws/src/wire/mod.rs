//! The model behind loopback HTTP/1.1.

mod api;
mod door;
mod iam;
mod imds;
mod json;
mod paced;
mod query;
mod rest;
mod ses;
mod signin;
mod sigv4;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use hyper::Response;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use self::paced::{Hangup, Paced, Reply};
use crate::answer::ApiError;
use crate::fault::{Fault, Operation, Service};
use crate::world::World;

/// A [`World`] that listens; dropped, it stops and closes every connection.
#[derive(Debug)]
pub struct Server {
    world: World,
    api: SocketAddr,
    imds: SocketAddr,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// Serves the world on two free ports of 127.0.0.1, on the current tokio runtime (time and io enabled).
///
/// # Errors
/// If no port can be bound.
pub async fn serve(world: World) -> io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let api = listener.local_addr()?;
    let asked = world.clone();
    let door = world.doors().watch(Service::Sts);
    let task = door::keep(listener, door, move |request| api::answer(asked.clone(), request));
    let (imds, imds_task) = listen_imds(&world, None)?;
    Ok(Server { world, api, imds, tasks: Mutex::new(vec![task, imds_task]) })
}

impl Server {
    /// `http://127.0.0.1:PORT` of STS, Secrets Manager, S3, SES and the sign-in service together.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.api)
    }

    /// The metadata service of the instance that was launched first.
    pub fn imds_endpoint(&self) -> String {
        format!("http://{}", self.imds)
    }

    /// Opens the metadata service of any instance, on a port of its own.
    ///
    /// # Errors
    /// If no port can be bound.
    pub fn open_imds(&self, instance: &str) -> io::Result<String> {
        let (address, task) = listen_imds(&self.world, Some(instance))?;
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        Ok(format!("http://{address}"))
    }

    /// The world that is served.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// As [`World::fail`].
    pub fn fail(&self, operation: Operation, fault: Fault, times: usize) {
        self.world.fail(operation, fault, times);
    }

    /// As [`World::fail_for`].
    pub fn fail_for(&self, operation: Operation, id: &str, fault: Fault, times: usize) {
        self.world.fail_for(operation, id, fault, times);
    }

    /// As [`World::heal`]. Connections that are silent already stay so.
    pub fn heal(&self) {
        self.world.heal();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for task in self.tasks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            task.abort();
        }
    }
}

fn listen_imds(world: &World, instance: Option<&str>) -> io::Result<(SocketAddr, AbortHandle)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let metadata = imds::Metadata::new(world.clone(), instance);
    let door = world.doors().watch(Service::Imds);
    let task = door::keep(TcpListener::from_std(listener)?, door, move |request| metadata.clone().answer(request));
    Ok((address, task))
}

/// One request as the script has it: `act` is the service itself, `refuse` its way to say no.
async fn scripted(
    world: &World,
    operation: Operation,
    id: &str,
    refuse: impl Fn(&ApiError) -> Reply,
    act: impl FnOnce(Option<&Fault>) -> Reply,
) -> Result<Response<Paced>, Hangup> {
    let fault = world.next_fault(operation, id);
    let note = |code: &str| world.note_fault(operation, id, code);
    match &fault {
        Some(Fault::Answer(error)) => {
            note(&error.code);
            return Ok(refuse(error).send(world.now(), None));
        }
        Some(Fault::Silent) => {
            note("(silent)");
            return std::future::pending().await;
        }
        Some(Fault::Garbage) => {
            note("(garbage)");
            let reply = Reply::new(200, "text/html", "<html><body>It works!</body></html>");
            return Ok(reply.send(world.now(), None));
        }
        Some(Fault::WrongShape) => {
            note("(wrong shape)");
            let reply = match operation.service() {
                Service::Sts | Service::Iam | Service::S3 => Reply::new(200, "text/xml", "<Wrong><Shape/></Wrong>"),
                Service::SecretsManager | Service::Ses | Service::Imds | Service::Signin => {
                    Reply::new(200, "application/x-amz-json-1.1", r#"{"wrong":"shape"}"#)
                }
            };
            return Ok(reply.send(world.now(), None));
        }
        Some(Fault::Refuse) => {
            note("(refused)");
            world.doors().shut(operation.service());
            return Err(Hangup);
        }
        Some(Fault::Delay(time)) => tokio::time::sleep(*time).await,
        _ => {}
    }
    let reply = act(fault.as_ref());
    match &fault {
        Some(Fault::LostAnswer) => Err(Hangup),
        fault => Ok(reply.send(world.now(), fault.as_ref())),
    }
}
