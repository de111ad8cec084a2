//! The servers: a path, git's own daemon, a web server that runs `git http-backend`, and sshd; each ends with its value.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::WebServer;
use crate::sandbox::{Run, Sandbox, ended};

/// How a project is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    File,
    Daemon,
    Http,
    Ssh,
}

/// A server that serves the `srv` of a sandbox.
pub(crate) enum Server {
    File,
    Daemon(Running),
    Http(WebServer),
    Ssh(Running),
}

/// A program that serves, until it is dropped.
pub(crate) struct Running {
    child: Child,
    port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts a server; nothing where a program that it needs is not installed, which is said.
    pub(crate) fn start(way: Way, sandbox: &Sandbox) -> Option<Self> {
        match way {
            Way::File => Some(Self::File),
            Way::Daemon => Some(Self::Daemon(running(|port| daemon(sandbox, port)))),
            Way::Http => Some(Self::Http(WebServer::start(sandbox.path("srv"), sandbox.environment()))),
            Way::Ssh => {
                let Some(program) = sshd() else {
                    eprintln!("skipped: sshd is not installed, so nothing was pushed over ssh");
                    return None;
                };
                prepare_ssh(sandbox);
                Some(Self::Ssh(running(|port| ssh_server(sandbox, &program, port))))
            }
        }
    }

    /// Gives the address of the project.
    pub(crate) fn url(&self, sandbox: &Sandbox) -> String {
        match self {
            Self::File => format!("file://{}", sandbox.server().display()),
            Self::Daemon(running) => format!("git://127.0.0.1:{}/project.git", running.port),
            Self::Http(server) => format!("http://127.0.0.1:{}/project.git", server.port()),
            Self::Ssh(running) => {
                format!("ssh://{}@127.0.0.1:{}{}", user(), running.port, sandbox.server().display())
            }
        }
    }

    /// Makes the server the clone's `origin`.
    pub(crate) fn become_origin(&self, sandbox: &Sandbox) {
        sandbox.git(&["remote", "set-url", "origin", &self.url(sandbox)]);
        if let Self::Ssh(_) = self {
            sandbox.git(&["config", "core.sshCommand", &ssh_command(sandbox)]);
        }
    }
}

/// Starts a program on a free port, again where somebody was faster to take it.
fn running(start: impl Fn(u16) -> Child) -> Running {
    for _ in 0..10 {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut running = Running { child: start(port), port };
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until && running.child.try_wait().unwrap().is_none() {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return running;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    panic!("the server does not come up");
}

fn daemon(sandbox: &Sandbox, port: u16) -> Child {
    let srv = sandbox.path("srv");
    let exec_path = ended(sandbox.command("git", &srv).arg("--exec-path")).text;
    // Started by itself and not through `git`, so that there is one process to end.
    let mut command = sandbox.command(Path::new(exec_path.trim()).join("git-daemon"), &srv);
    command.args(["--reuseaddr", "--listen=127.0.0.1", "--export-all", "--enable=receive-pack", "--informative-errors"]);
    command.arg(format!("--port={port}")).arg(format!("--base-path={}", srv.display())).arg(srv);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Finds sshd, which often lies where only administrators look, and must be called by its whole path.
pub(crate) fn sshd() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    folders.into_iter().map(|folder| folder.join("sshd")).find(|program| program.is_file())
}

fn user() -> String {
    let run = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(run.stdout).unwrap().trim().to_owned()
}

fn prepare_ssh(sandbox: &Sandbox) {
    let folder = sandbox.path("ssh");
    std::fs::create_dir_all(&folder).unwrap();
    for key in ["host", "user"] {
        let path = folder.join(key);
        sandbox.program("ssh-keygen", &folder, &["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path.to_str().unwrap()]).exits(0);
    }
    std::fs::copy(folder.join("user.pub"), folder.join("authorized_keys")).unwrap();
    // The administrator lets in whatever variable a client sends, which is the worst that can be set up.
    let mut config = String::from(
        "UsePAM no\nMaxStartups 256\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
         PermitUserEnvironment no\nPrintMotd no\nPrintLastLog no\nUseDNS no\nAcceptEnv RELSIGN_* GIT_* PRE_COMMIT_* GL_*\n",
    );
    config += &format!("HostKey {0}/host\nAuthorizedKeysFile {0}/authorized_keys\nPidFile none\n", folder.display());
    let variables: Vec<String> = sandbox
        .environment()
        .into_iter()
        .filter(|(name, _)| ["PATH", "HOME", "GIT_CONFIG_NOSYSTEM", "TZ", "LC_ALL"].contains(name))
        .map(|(name, value)| format!("\"{name}={}\"", value.to_str().unwrap()))
        .collect();
    config += &format!("SetEnv {}\n", variables.join(" "));
    std::fs::write(folder.join("config"), config).unwrap();
    // Where root starts it, it wants a place to shut itself away in.
    if user() == "root" {
        let _ = std::fs::create_dir_all("/run/sshd");
    }
}

fn ssh_server(sandbox: &Sandbox, program: &Path, port: u16) -> Child {
    let mut command = sandbox.command(program, &sandbox.path("ssh"));
    command.arg("-D").arg("-f").arg(sandbox.path("ssh/config"));
    command.args(["-o", &format!("Port={port}"), "-o", "ListenAddress=127.0.0.1", "-E"]).arg(sandbox.path("ssh/log"));
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Gives the command that git uses for ssh: this key, this host, and nothing of the user's. The newer ways to agree on a key take
/// a tenth of a second each time.
pub(crate) fn ssh_command(sandbox: &Sandbox) -> String {
    format!(
        "ssh -F none -i {} -o IdentitiesOnly=yes -o IdentityAgent=none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
         -o LogLevel=ERROR -o BatchMode=yes -o KexAlgorithms=curve25519-sha256",
        sandbox.path("ssh/user").display()
    )
}

/// Says what the server wrote down, where a push over ssh does not even reach a hook.
pub(crate) fn explain(sandbox: &Sandbox, run: &Run) -> String {
    format!("{}\n{}", run.text, std::fs::read_to_string(sandbox.path("ssh/log")).unwrap_or_default())
}
