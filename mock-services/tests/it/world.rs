//! A started set of services and a registry client written by the book.
//!
//! The client knows nothing of the service's code: it builds envelopes and proofs from the specification.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mock_services::clock::{Clock, SystemClock};
use mock_services::{Running, Settings, start};
use reqwest::{Client, Response};
use serde_json::Value;

pub struct World {
    pub running: Running,
    pub http: Client,
}

/// One question to the registry; tests change what they are about.
#[derive(Clone)]
pub struct Question {
    pub operation: &'static str,
    pub code: &'static str,
    pub unit: &'static str,
    pub officer: &'static str,
    pub number: String,
    pub name: String,
    pub birth: String,
}

impl Question {
    pub fn lookup(pin: &str, name: &str, born: &str) -> Self {
        let birth = match born.len() {
            4 => format!("<dan:Nam>{born}</dan:Nam>"),
            _ => format!("<dan:NgayThangNam>{}</dan:NgayThangNam>", born.replace('-', "")),
        };
        let number = match pin.len() {
            9 => format!("<dan:SoCMND>{pin}</dan:SoCMND>"),
            _ => format!("<dan:SoDinhDanh>{pin}</dan:SoDinhDanh>"),
        };
        Self {
            operation: "TraCuuThongTinCongDan",
            code: "037",
            unit: "H57.12",
            officer: "001090000001",
            number,
            name: name.to_owned(),
            birth,
        }
    }

    pub fn p01() -> Self {
        Self::lookup("100190000001", "NGUYENTHIMAU", "1990-04-12")
    }

    pub fn envelope(&self) -> String {
        let Self {
            operation,
            code,
            unit,
            officer,
            number,
            name,
            birth,
        } = self;
        format!(
            "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" \
             xmlns:dan=\"http://dancuquocgia.bca\"><soapenv:Header/><soapenv:Body><dan:{operation}>\
             <dan:MaYeuCau>yc-1</dan:MaYeuCau><dan:MaDVC>1.001193</dan:MaDVC>\
             <dan:MaTichHop>{code}</dan:MaTichHop><dan:MaDonVi>{unit}</dan:MaDonVi>\
             <dan:MaCanBo>{officer}</dan:MaCanBo><dan:TaiKhoan>canbo1</dan:TaiKhoan>{number}\
             <dan:HoVaTen>{name}</dan:HoVaTen><dan:NgayThangNamSinh>{birth}</dan:NgayThangNamSinh>\
             </dan:{operation}></soapenv:Body></soapenv:Envelope>"
        )
    }
}

/// Status and body of an answer.
pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Answer {
    pub async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        Self {
            status,
            body: response.text().await.unwrap(),
        }
    }

    /// The texts of all elements of this name, in their order.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let document = roxmltree::Document::parse(&self.body).unwrap();
        document
            .descendants()
            .filter(|node| node.tag_name().name() == name)
            .map(|node| node.text().unwrap_or_default().to_owned())
            .collect()
    }

    pub fn fault_code(&self) -> String {
        self.texts("MaLoi").remove(0)
    }
}

impl World {
    pub async fn start() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        let http = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self {
            running: start(settings).await.unwrap(),
            http,
        }
    }

    /// The headers that let a call to `path` in, stamped with this many seconds' difference.
    pub fn headers(&self, path: &str, skew: i64) -> Vec<(&'static str, String)> {
        let known = self.running.registry_credentials();
        let timestamp = (SystemClock.now().as_millisecond() + skew * 1000).to_string();
        let signed = format!("{path}{}{timestamp}{}", known.user, known.secret);
        let proof: String = digest(&SHA256, signed.as_bytes())
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let authorization = format!("Basic {}", STANDARD.encode(format!("{}:{proof}", known.user)));
        vec![
            ("Timestamp", timestamp),
            ("Authorization", authorization),
            ("X-Road-Client", known.x_road_client),
            ("ApiKey", known.api_key),
            ("SOAPAction", "\"\"".to_owned()),
            ("Content-Type", "text/xml; charset=utf-8".to_owned()),
        ]
    }

    pub async fn ask(&self, question: &Question) -> Answer {
        self.send(&self.headers("/dancu", 0), question.envelope()).await
    }

    pub async fn send(&self, headers: &[(&'static str, String)], body: String) -> Answer {
        let mut request = self
            .http
            .post(format!("{}/dancu", self.running.registry_url()))
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let response = self
            .http
            .get(format!("{}{path}", self.running.control_url()))
            .send()
            .await
            .unwrap();
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        let url = format!("{}{path}", self.running.control_url());
        let request = self
            .http
            .put(url)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn patch(&self, pin: &str, body: Value) -> Answer {
        let url = format!("{}/_mock/persons/{pin}", self.running.control_url());
        let request = self
            .http
            .patch(url)
            .header("Content-Type", "application/json")
            .body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }
}
