//! How do the mock services come up, and where do they answer?
//!
//! Binds every listener on the loopback address, joins the services that share state and hands back a
//! [`Running`] with all addresses and credentials.
//! Always true: when `start` returns, every address answers; all state is in memory and gone after `stop`.
//! Deliberately absent: configuration files and the command line.
//! If anything can't be bound or made, nothing stays up.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpServer};
use rustls::ServerConfig;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;

use crate::clock::{Clock, ServiceClock, SystemClock};
use crate::delivery::remember;
use crate::faults::{Faults, Service};
use crate::gateway::GatewayAddress;
use crate::issuer::Issuer;
use crate::issuer::keys::{KeyFailure, KeyRing};
use crate::one_stop::OneStop;
use crate::one_stop::calls::Calls;
use crate::population::Population;
use crate::population::numbering::LARGEST_POPULATION;
use crate::portal::Portal;
use crate::register::Register;
use crate::registry::Registry;
use crate::registry::credentials::Credentials;
use crate::registry::events::{self, Feed};
use crate::running::{Running, Urls};
use crate::stats::Stats;
use crate::tls::{Authority, TlsFailure};
use crate::{control, issuer, one_stop, portal, registry};

/// What to start.
#[derive(Clone)]
pub struct Settings {
    /// The first of seven ports in a row; `None` or zero take free ones.
    pub port: Option<u16>,
    /// How many people there are.
    pub population: u64,
    /// What decides who they are.
    pub seed: u64,
    /// The clients that the issuer knows.
    pub clients: Vec<OauthClient>,
    /// Where the gateway answers; may be told later, by [`Running::point_to_gateway`].
    pub gateway: Option<String>,
    /// Where change events are pushed to, if not to the gateway's usual place.
    pub events: Option<String>,
    /// The number of the first change.
    pub first_change: u64,
    /// The id of the issuer's client that the one-stop is; the first one's if left out.
    pub one_stop: Option<String>,
    /// How often the one-stop looks after what waits.
    pub followed_up_every: Duration,
    /// What lets a connected system in to the registry; follows from the seed if left out.
    pub registry: Option<Credentials>,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

/// A client registered with the issuer.
#[derive(Clone, Default)]
pub struct OauthClient {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The scopes it may have; all of them if it asks for none.
    pub scopes: Vec<String>,
    /// The units it works for; the first if it names none.
    pub units: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let scopes = [
            "citizens.verify",
            "citizens.lookup",
            "households.verify",
            "households.lookup",
            "checks",
            "batches",
        ];
        let client = OauthClient {
            client_id: "one-stop".to_owned(),
            client_secret: "one-stop-secret".to_owned(),
            scopes: scopes.map(str::to_owned).to_vec(),
            units: vec!["H57.12".to_owned(), "H57".to_owned()],
        };
        Self {
            port: None,
            population: 1000,
            seed: 1,
            clients: vec![client],
            gateway: None,
            events: None,
            first_change: 1,
            one_stop: None,
            followed_up_every: Duration::from_secs(1),
            registry: None,
            clock: Arc::new(SystemClock),
        }
    }
}

/// Why the services didn't come up.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener couldn't be bound.
    #[error("a port could not be bound")]
    Bind(#[from] io::Error),
    /// The population is empty or larger than numbers can tell apart.
    #[error("the population must be between 1 and {LARGEST_POPULATION}")]
    Population,
    /// The services' own client can't be used.
    #[error("the client for calls to other services could not be built")]
    Client(#[from] reqwest::Error),
    /// A signing key couldn't be made.
    #[error(transparent)]
    Key(#[from] KeyFailure),
    /// Certificates couldn't be made.
    #[error(transparent)]
    Tls(#[from] TlsFailure),
}

struct Listeners {
    registry: TcpListener,
    issuer: TcpListener,
    portal: TcpListener,
    control: TcpListener,
    registry_tls: TcpListener,
    issuer_tls: TcpListener,
    one_stop: TcpListener,
}

/// Starts all services on the loopback address; needs a tokio runtime and runs until [`Running::stop`].
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    if !(1..=LARGEST_POPULATION).contains(&settings.population) {
        return Err(StartError::Population);
    }
    let listeners = Listeners::bind(settings.port)?;
    let urls = listeners.urls()?;
    let authority = Authority::new()?;
    let mut oauth_clients = Vec::new();
    for client in &settings.clients {
        oauth_clients.push((client.client_id.clone(), authority.client(&client.client_id)?));
    }
    let client = authority.client("connected system")?;
    let credentials = settings
        .registry
        .clone()
        .unwrap_or_else(|| registry_credentials(settings.seed));
    let thumbprints = oauth_clients
        .iter()
        .map(|(_, identity)| identity.thumbprint())
        .collect();
    let gateway = GatewayAddress::new(settings.gateway.clone(), settings.events.clone());
    let joined = Joined {
        urls: &urls,
        client: own_client(&authority)?,
        gateway: gateway.clone(),
        credentials: credentials.clone(),
        thumbprints,
    };
    let (services, background) = Services::join(settings, joined)?;

    let registry_tls = authority.listener(Service::Registry, services.faults())?;
    let issuer_tls = authority.listener(Service::Issuer, services.faults())?;
    let servers = vec![
        services.serve(
            listeners.registry,
            Some((listeners.registry_tls, registry_tls)),
            registry::http::routes,
        )?,
        services.serve(
            listeners.issuer,
            Some((listeners.issuer_tls, issuer_tls)),
            issuer::routes,
        )?,
        services.serve(listeners.portal, None, portal::routes)?,
        services.serve(listeners.control, None, control::routes)?,
        services.serve(listeners.one_stop, None, one_stop::http::routes)?,
    ];
    Ok(Running {
        urls,
        authority,
        client,
        oauth_clients,
        credentials,
        gateway,
        servers,
        background,
    })
}

// Everything that handlers may ask for, shared by all listeners.
#[derive(Clone)]
struct Services {
    register: Data<Arc<Register>>,
    registry: Data<Registry>,
    feed: Data<Feed>,
    issuer: Data<Issuer>,
    keys: Data<Arc<KeyRing>>,
    portal: Data<Arc<Portal>>,
    one_stop: Data<Arc<OneStop>>,
    clock: Data<ServiceClock>,
    faults: Data<Arc<Faults>>,
    stats: Data<Arc<Stats>>,
}

// What the services are joined with.
struct Joined<'a> {
    urls: &'a Urls,
    client: reqwest::Client,
    gateway: GatewayAddress,
    credentials: Credentials,
    thumbprints: Vec<String>,
}

impl Services {
    fn join(settings: Settings, with: Joined<'_>) -> Result<(Self, Vec<JoinHandle<()>>), StartError> {
        let clock = ServiceClock::new(settings.clock);
        let faults = Arc::new(Faults::new(settings.seed));
        let stats = Arc::new(Stats::default());
        let keys = Arc::new(KeyRing::new()?);
        let (sender, changes) = unbounded_channel();
        let population = Population::new(settings.seed, settings.population);
        let register = Arc::new(Register::new(population, settings.first_change, Some(sender)));
        let feed = Feed::new(Arc::clone(&register))?;
        let pushing = events::push(feed.clone(), changes, with.gateway.clone(), with.client.clone());
        let registry = Registry::new(
            Arc::clone(&register),
            with.credentials,
            clock.clone(),
            Arc::clone(&faults),
            Arc::clone(&stats),
        );
        let wanted = settings.one_stop.as_deref();
        let is_one_stop = |client: &&OauthClient| wanted.is_none_or(|wanted| client.client_id == wanted);
        let own = settings
            .clients
            .iter()
            .find(is_one_stop)
            .cloned()
            .unwrap_or_default();
        let (issuer, portal) = (with.urls.issuer.clone(), with.urls.portal.clone());
        let calls = Calls::new(with.client, with.gateway, issuer, portal, own);
        let one_stop = Arc::new(OneStop::new(calls, clock.clone()));
        let following = follow_up(Arc::clone(&one_stop), settings.followed_up_every);
        let issuer = Issuer {
            url: with.urls.issuer.clone(),
            keys: Arc::clone(&keys),
            clients: settings.clients.into_iter().zip(with.thumbprints).collect(),
            register: Arc::clone(&register),
            clock: clock.clone(),
        };
        let services = Self {
            register: Data::new(register),
            registry: Data::new(registry),
            feed: Data::new(feed),
            issuer: Data::new(issuer),
            keys: Data::new(keys),
            portal: Data::new(Arc::default()),
            one_stop: Data::new(one_stop),
            clock: Data::new(clock),
            faults: Data::new(faults),
            stats: Data::new(stats),
        };
        Ok((services, vec![tokio::spawn(pushing), tokio::spawn(following)]))
    }

    fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults)
    }

    fn serve(
        &self,
        plain: TcpListener,
        tls: Option<(TcpListener, ServerConfig)>,
        routes: fn(&mut ServiceConfig),
    ) -> io::Result<ServerHandle> {
        let services = self.clone();
        let server = HttpServer::new(move || {
            App::new()
                .configure(|config| services.share(config))
                .configure(routes)
        });
        let server = server
            .on_connect(remember)
            .workers(1)
            .disable_signals()
            .keep_alive(IDLE)
            .listen(plain)?;
        let server = match tls {
            Some((listener, settings)) => server.listen_rustls_0_23(listener, settings)?,
            None => server,
        };
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(handle)
    }

    fn share(&self, config: &mut ServiceConfig) {
        config
            .app_data(self.register.clone())
            .app_data(self.registry.clone())
            .app_data(self.feed.clone())
            .app_data(self.issuer.clone())
            .app_data(self.keys.clone())
            .app_data(self.portal.clone())
            .app_data(self.one_stop.clone())
            .app_data(self.clock.clone())
            .app_data(self.faults.clone())
            .app_data(self.stats.clone());
    }
}

async fn follow_up(one_stop: Arc<OneStop>, every: Duration) {
    let mut pauses = tokio::time::interval(every);
    loop {
        pauses.tick().await;
        one_stop.follow_up().await;
    }
}

const IDLE: Duration = Duration::from_secs(75);

fn registry_credentials(seed: u64) -> Credentials {
    Credentials {
        user: "tinh-phu-tho".to_owned(),
        secret: format!("mock-registry-secret-{seed}"),
        api_key: format!("mock-api-key-{seed}"),
        x_road_client: "VN/GOV/H57/DANCU-GATEWAY".to_owned(),
    }
}

// Plain addresses apart, only our own authority is trusted: a mock has no business with anyone else's servers.
fn own_client(authority: &Authority) -> Result<reqwest::Client, reqwest::Error> {
    let ours = reqwest::Certificate::from_pem(authority.pem().as_bytes())?;
    reqwest::Client::builder()
        .tls_certs_only([ours])
        .no_proxy()
        .build()
}

impl Listeners {
    fn bind(first: Option<u16>) -> io::Result<Self> {
        let mut next = first.unwrap_or(0);
        let mut bind = || {
            let listener = TcpListener::bind(("127.0.0.1", next))?;
            listener.set_nonblocking(true)?;
            if next != 0 {
                next = next.checked_add(1).ok_or(io::ErrorKind::AddrNotAvailable)?;
            }
            io::Result::Ok(listener)
        };
        Ok(Self {
            registry: bind()?,
            issuer: bind()?,
            portal: bind()?,
            control: bind()?,
            registry_tls: bind()?,
            issuer_tls: bind()?,
            one_stop: bind()?,
        })
    }

    fn urls(&self) -> io::Result<Urls> {
        let url = |scheme: &str, listener: &TcpListener| {
            Ok::<_, io::Error>(format!("{scheme}://{}", listener.local_addr()?))
        };
        Ok(Urls {
            registry: url("http", &self.registry)?,
            issuer: url("http", &self.issuer)?,
            portal: url("http", &self.portal)?,
            control: url("http", &self.control)?,
            registry_tls: url("https", &self.registry_tls)?,
            issuer_tls: url("https", &self.issuer_tls)?,
            one_stop: url("http", &self.one_stop)?,
        })
    }
}
