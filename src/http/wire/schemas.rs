//! What shape do bodies have, as the OpenAPI document tells it?
//!
//! Descriptions only: no value of these types is ever made. Bodies are read by `person` and `request`, which tell all
//! faults at once, and written by `reply` without copies; the tests hold what those read and write to what stands here.

#![expect(dead_code, reason = "only the schemas of these types are used")]

pub(in crate::http) mod households;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A question whether claims about a person are so.
#[derive(ToSchema)]
pub(in crate::http) struct VerifyRequest {
    subject: Subject,
    /// What is claimed; left out, only the identity is verified.
    claims: Option<Claims>,
    context: Context,
}

/// A question what the register holds about a person.
#[derive(ToSchema)]
pub(in crate::http) struct LookupRequest {
    subject: Subject,
    /// Field paths; the bare name of an address stands for its three parts.
    #[schema(min_items = 1, max_items = 25, example = json!(["full_name", "permanent_residence.commune_code"]))]
    fields: Vec<String>,
    context: Context,
}

/// Names a person: exactly one of the two numbers, with full name and birth date.
#[derive(ToSchema)]
pub(in crate::http) struct Subject {
    /// Personal identification number (số định danh cá nhân): 12 digits. Its structure never decides.
    #[schema(pattern = "^[0-9]{12}$", example = "100190000001")]
    pin: Option<String>,
    /// Number of an old identity card (chứng minh nhân dân): 9 digits.
    #[schema(pattern = "^[0-9]{9}$")]
    old_id_number: Option<String>,
    /// Full name as on the card, in Unicode, with its marks.
    #[schema(min_length = 1, max_length = 100, example = "Nguyễn Thị Mẫu")]
    full_name: String,
    /// `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, as exactly as it is known; from 1870 to today.
    #[schema(pattern = "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", example = "1990-04-12")]
    date_of_birth: String,
}

/// Facts that the person or the dossier claims.
#[derive(ToSchema)]
pub(in crate::http) struct Claims {
    sex: Option<Sex>,
    /// Code of the ethnic group (dân tộc); `1` and `01` are the same.
    #[schema(pattern = "^[0-9]{1,2}$", example = "01")]
    ethnicity: Option<String>,
    /// Code of the religion (tôn giáo).
    #[schema(pattern = "^[0-9]{1,2}$", example = "00")]
    religion: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Za-z]{2}$", example = "VN")]
    nationality: Option<String>,
    marital_status: Option<MaritalStatus>,
    head_of_household: Option<bool>,
    /// Number of an old identity card: 9 digits.
    #[schema(pattern = "^[0-9]{9}$")]
    old_id_number: Option<String>,
    place_of_birth_registration: Option<Address>,
    place_of_origin: Option<Address>,
    permanent_residence: Option<Address>,
    current_residence: Option<Address>,
    temporary_residence: Option<Address>,
}

/// Sex (giới tính).
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Sex {
    Male,
    Female,
    Unknown,
}

/// Marital status (tình trạng hôn nhân); the register doesn't tell divorced from widowed.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum MaritalStatus {
    Single,
    Married,
    DivorcedOrWidowed,
}

/// An address by codes; they are read in the territory table valid at `as_of`.
#[derive(ToSchema)]
pub(in crate::http) struct Address {
    #[schema(pattern = "^[0-9]{2}$", example = "25")]
    province_code: String,
    #[schema(pattern = "^[0-9]{5}$", example = "09106")]
    commune_code: Option<String>,
    /// House, street, hamlet; text is compared, but a difference is never more than `close`.
    #[schema(min_length = 1, max_length = 500)]
    detail: Option<String>,
    /// The day as of which the codes are meant, not in the future; today if left out.
    #[schema(format = Date, example = "2025-07-01")]
    as_of: Option<String>,
}

/// The work for which a person is looked up.
#[derive(ToSchema)]
pub(in crate::http) struct Context {
    /// Code of the administrative procedure; it must be in the catalogue and in the client's licence.
    #[schema(pattern = "^[0-9.]{1,20}$", example = "1.001193")]
    procedure: String,
    /// Code of the dossier, without a run of exactly 9 or 12 digits.
    #[schema(pattern = "^[A-Za-z0-9./_-]{1,64}$", example = "000.00.12.H57-260822-0001")]
    dossier: String,
    channel: Channel,
}

/// How the citizen came.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Channel {
    Counter,
    Online,
    Assisted,
    Post,
}

/// The answer to a verification.
#[derive(ToSchema)]
pub(in crate::http) struct VerifyReply {
    /// Our id of the call.
    transaction_id: String,
    outcome: Outcome,
    identity: Identity,
    /// A verdict for each claim; empty on `no_match`.
    claims: BTreeMap<String, Verdict>,
    status: Option<Status>,
    warnings: Vec<Warning>,
    source: Source,
    #[schema(format = DateTime)]
    answered_at: String,
    /// Proof that the call stands in the tamper-evident log.
    receipt: String,
}

/// The answer to a look-up.
#[derive(ToSchema)]
pub(in crate::http) struct LookupReply {
    /// Our id of the call.
    transaction_id: String,
    outcome: Outcome,
    identity: Identity,
    /// A value for each field asked for, by its path; empty on `no_match` and where the identity is only close.
    attributes: BTreeMap<String, Attribute>,
    status: Option<Status>,
    warnings: Vec<Warning>,
    source: Source,
    #[schema(format = DateTime)]
    answered_at: String,
    /// Proof that the call stands in the tamper-evident log.
    receipt: String,
}

/// The answer in one word. `no_match` is the same whether the number is unknown or the name is wrong.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Outcome {
    Confirmed,
    Differs,
    Incomplete,
    NoMatch,
    Inactive,
}

/// How well number, full name and birth date together name the person.
#[derive(ToSchema)]
pub(in crate::http) struct Identity {
    result: IdentityResult,
    differences: Vec<Difference>,
}

/// `close` is never `match`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum IdentityResult {
    Match,
    Close,
    NoMatch,
}

/// Whether a claim is so.
#[derive(ToSchema)]
pub(in crate::http) struct Verdict {
    result: ClaimResult,
    differences: Vec<Difference>,
}

/// `not_held`: the register holds no such fact. `not_permitted`: the caller may not ask.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum ClaimResult {
    Match,
    Close,
    Mismatch,
    NotHeld,
    UnderReview,
    NotPermitted,
}

/// A kind of difference; the first four are ways to write the same.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Difference {
    Case,
    Spacing,
    TonePosition,
    UnicodeForm,
    Diacritics,
    IY,
    WordOrder,
    DatePrecision,
    OldTerritoryCode,
    DetailText,
}

/// What became of the person or the number; absent on `no_match`.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Status {
    Active,
    Deceased,
    Missing,
    Cancelled,
    UnderReview,
}

/// Something that the officer should know beside the answer.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Warning {
    NumberReplaced,
    PinStructureMismatch,
    UnderReview,
    NotPermitted,
}

/// Where the record behind the answer came from.
#[derive(ToSchema)]
pub(in crate::http) struct Source {
    from: From,
    /// The register's own time of the data.
    #[schema(format = DateTime)]
    as_of: String,
    /// Seconds since the register gave it.
    #[schema(minimum = 0)]
    age: u64,
}

/// `stale_cache`: an older record, because the register is down and the procedure allows it.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum From {
    Registry,
    Cache,
    StaleCache,
}

/// A released value.
#[derive(ToSchema)]
pub(in crate::http) struct Attribute {
    value: Option<AttributeValue>,
    #[schema(format = DateTime)]
    as_of: String,
    source: From,
}

/// Text, a flag, or a code with its words; null where the register holds nothing.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::http) enum AttributeValue {
    Text(String),
    Flag(bool),
    Coded(Coded),
}

/// A code with the words that it stands for.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct Coded {
    #[schema(example = "01")]
    code: String,
    #[schema(required = true, example = "Kinh")]
    label: Option<String>,
}

/// The fields that the caller may see for a procedure.
#[derive(ToSchema)]
pub(in crate::http) struct FieldList {
    fields: Vec<String>,
}

/// The caller's own registration.
#[derive(ToSchema)]
pub(in crate::http) struct Registration {
    client_id: String,
    name: String,
    status: ClientStatus,
    province_code: String,
    units: Vec<String>,
    procedures: Vec<String>,
    fields: Vec<String>,
    scopes: Vec<String>,
    /// Whether an identity that is only close releases data all the same.
    accept_close_identity: bool,
    /// Whether its tokens must be bound to a certificate.
    certificate_bound: bool,
    #[schema(format = DateTime)]
    valid_from: String,
    #[schema(format = DateTime)]
    valid_until: String,
}

/// Where the caller stands against its limits.
#[derive(ToSchema)]
pub(in crate::http) struct Quota {
    policies: Vec<QuotaPolicy>,
}

/// One limit.
#[derive(ToSchema)]
pub(in crate::http) struct QuotaPolicy {
    name: PolicyName,
    /// The procedure that it is for, where it isn't for all of them.
    #[schema(required = false, nullable = false)]
    procedure: Option<String>,
    limit: u64,
    /// In how many seconds an empty one is whole again, where no calendar says.
    #[schema(required = false, nullable = false)]
    window_seconds: Option<u64>,
    used: u64,
    remaining: u64,
    #[schema(format = DateTime)]
    resets_at: String,
    /// When it will have run out at the pace of the last hour; null where that isn't before it is whole again.
    #[schema(required = true, format = DateTime)]
    exhausted_at_forecast: Option<String>,
}

/// The limits that are told.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum PolicyName {
    Officer,
    Burst,
    Concurrency,
    Day,
    Month,
}

/// Whether a registration is switched on.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum ClientStatus {
    Active,
    Suspended,
    Expired,
}

/// A refusal (RFC 9457).
#[derive(ToSchema)]
pub(in crate::http) struct Problem {
    /// The address of the code's page.
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    /// The stable word; it never changes with the language.
    code: String,
    source: ProblemSource,
    /// One sentence for the officer at the counter.
    advice: String,
    /// Whether the same call, repeated later, may get an answer.
    retryable: bool,
    transaction_id: String,
    /// On `invalid_request`: everything that is wrong.
    errors: Option<Vec<Fault>>,
    /// On 429: the limits that refused.
    #[schema(rename = "violated-policies")]
    violated_policies: Option<Vec<String>>,
    /// On `registry_rejected`: what the register refused.
    reason: Option<Reason>,
    /// On `scope_missing`: the scope.
    scope: Option<String>,
    /// On `field_not_permitted`: every field that may not be looked up.
    fields: Option<Vec<String>>,
}

/// Whose side the failure lies on.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum ProblemSource {
    Caller,
    Gateway,
    Registry,
}

/// What the register refused.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum Reason {
    Quota,
    Licence,
    Officer,
    Request,
}

/// One thing that is wrong with a body; the value itself is never repeated.
#[derive(ToSchema)]
pub(in crate::http) struct Fault {
    /// JSON Pointer (RFC 6901); a query parameter is named as if the query were an object.
    #[schema(example = "/subject/pin")]
    pointer: String,
    code: FaultCode,
    detail: String,
}

/// The kind of fault.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(in crate::http) enum FaultCode {
    Required,
    UnknownMember,
    Duplicate,
    WrongType,
    Format,
    Length,
    Range,
    Charset,
    LegacyEncoding,
    Conflict,
}
