# The API's public texts in English. Each problem has a title, a detail and one sentence for the officer at the counter; those
# that operators meet at /admin have another for them.
# No value of a call is ever put into a text.

malformed_request =
    .title = The body can't be read
    .detail = The body is not a well-formed JSON text in UTF-8.
    .advice = Send the dossier once more and, if it fails again, tell the one-stop system's technical staff.
    .operators = Send a JSON object; an empty body counts as {"{}"}.

token_missing =
    .title = No access token
    .detail = The call carries no access token in its Authorization header.
    .advice = Sign in to the one-stop system again and repeat the look-up.
    .operators = Send your operator's token as Authorization: Bearer.

token_invalid =
    .title = The access token is not valid
    .detail = The access token was not issued to this gateway by the recognised sign-in service, or it has been altered.
    .advice = Sign out, sign in again and, if you are still refused, tell the one-stop system's administrator.
    .operators = Check the token, and whether your entry still stands in the operators' file.

token_expired =
    .title = The access token has expired
    .detail = The access token's time is over.
    .advice = Sign in again and repeat the look-up.
    .operators = Have a new token made with dancu operator-token.

token_not_bound =
    .title = The access token is not bound to the system's certificate
    .detail = This system must use access tokens bound to its registered certificate, and the connection must show that certificate.
    .advice = Ask the one-stop system's administrator to check the certificate, and go on accepting dossiers meanwhile.

client_unknown =
    .title = The system is not registered
    .detail = The calling system is not among those that may connect to this gateway.
    .advice = Ask the one-stop system's administrator to register it, and do not ask the citizen for more papers because of this.

client_suspended =
    .title = The system is suspended
    .detail = The calling system's right to use the gateway is suspended.
    .advice = Tell the one-stop system's administrator and meanwhile use VNeID or a reader for the QR code or chip of the identity card.

client_expired =
    .title = The registration is not in force
    .detail = The calling system's registration has ended or has not begun.
    .advice = Ask the one-stop system's administrator to renew it and meanwhile use VNeID or a reader for the QR code or chip of the identity card.

scope_missing =
    .title = No right to this kind of call
    .detail = The access token or the system's registration lacks the scope that this kind of call needs.
    .advice = Ask the one-stop system's administrator for the right that your duties need.
    .operators = Have somebody do it who holds the role named in scope, or have the role added in the operators' file.

officer_required =
    .title = No officer is named
    .detail = Information about a person may be looked up only by an officer who signed in with an account of their own.
    .advice = Sign in with your own account, not with one that your office shares.

procedure_unknown =
    .title = There is no such administrative procedure
    .detail = The code of the administrative procedure is not in the gateway's catalogue.
    .advice = Check the dossier's procedure code on the National Public Service Portal.

procedure_not_licensed =
    .title = The procedure is not licensed
    .detail = The calling system has no licence to use the National Population Database for this procedure, or no rule of law on which its look-ups rest is in force today.
    .advice = Ask the one-stop system's administrator to have the licence extended and use VNeID or a reader for the QR code or chip of the identity card for this dossier.

field_not_permitted =
    .title = Some fields may not be looked up
    .detail = Some fields lie outside the system's licence or are not needed for this procedure; nothing was released.
    .advice = Ask only for what the procedure needs, leaving out the fields that this message names.

unit_not_permitted =
    .title = The office is not one of the system's
    .detail = The officer's agency code is missing or is not among the system's registered offices.
    .advice = Ask the one-stop system's administrator to check the office that stands in your account.

not_found =
    .title = There is no such address or resource
    .detail = The address called does not exist, or the resource belongs to another system; this says nothing about any person.
    .advice = Ask the one-stop system's technical staff to check the address that is called.
    .operators = Check the address, the name of the client and the Host header: /admin is served under the names that operations.hosts lists.

method_not_allowed =
    .title = The method is not supported
    .detail = This address does not take the HTTP method used; those that it takes are in the Allow header.
    .advice = Ask the one-stop system's technical staff to correct the call.
    .operators = Use one of the methods in the Allow header; /admin/openapi.json describes them.

not_acceptable =
    .title = The form of answer asked for is not available
    .detail = The gateway answers in JSON, which the call's Accept header rules out.
    .advice = Ask the one-stop system's technical staff to correct the Accept header.
    .operators = Leave the Accept header out, or have it allow application/json.

request_timeout =
    .title = The call took too long to arrive
    .detail = The body did not arrive as a whole within the time allowed.
    .advice = Check your office's connection and send again.
    .operators = Send it again; nothing was changed.

body_too_large =
    .title = The body is too large
    .detail = The body is larger than 64 KiB.
    .advice = Tell the one-stop system's technical staff, since a question about one person is never that large.
    .operators = Send one registration or one change at a time.

unsupported_media_type =
    .title = The form of the body is not supported
    .detail = This address takes no body of this type: questions are application/json, batches application/x-ndjson or text/csv, all in UTF-8 and not compressed.
    .advice = Ask the one-stop system's technical staff to correct the Content-Type or Content-Encoding header.
    .operators = Send Content-Type: application/json, not compressed.

headers_too_large =
    .title = The headers are too large
    .detail = The call's headers are larger than 16 KiB.
    .advice = Sign in again and, if it fails again, tell the one-stop system's technical staff.
    .operators = Leave out headers that the call doesn't need.

idempotency_conflict =
    .title = A call with this key is still running
    .detail = A call with the same Idempotency-Key is still being answered.
    .advice = Wait a few seconds and look at the result, without sending again.

invalid_request =
    .title = The information sent is not right
    .detail = Some information is missing or not in the required form; the list errors names each place.
    .advice = Correct the items named, as they stand on the citizen's identity document, and send again.
    .operators = Correct the places that errors names and send the whole again; nothing was changed.

idempotency_mismatch =
    .title = The key was used for another body
    .detail = This Idempotency-Key was used with another body within the last 24 hours.
    .advice = Start a new request instead of changing the old one and, if it fails again, tell the one-stop system's technical staff.

rate_limited =
    .title = Too many calls at once
    .detail = The number of calls in a short time, or of calls under way at once, is over the limit.
    .advice = Wait a few seconds and try again, without asking the citizen for papers.

guess_budget_exhausted =
    .title = Too many wrong details
    .detail = Numbers, names or dates of birth that don't belong together were sent too often; questions wait for a while.
    .advice = Copy number, name and date of birth from the card, and ask again after the time stated; the citizen need not bring papers for this.

subject_limit =
    .title = Too many officers asked about one number
    .detail = As many officers of this system have asked about this number today as may.
    .advice = Let an officer ask who has asked about this person today already, or ask again tomorrow.

quota_exhausted =
    .title = The quota of look-ups is used up
    .detail = The system's quota of look-ups for the day or the month is used up.
    .advice = Ask the one-stop system's administrator to have the quota raised and use VNeID or a reader for the QR code or chip of the identity card for the dossiers that remain.

registry_budget_exhausted =
    .title = The share of database calls is used up
    .detail = The system has used up its present share of calls to the National Population Database.
    .advice = Wait a few seconds and try again, without asking the citizen for papers.

internal_error =
    .title = The gateway failed
    .detail = The gateway met an unexpected error, which was logged to be dealt with.
    .advice = Use VNeID or a reader for the QR code or chip of the identity card for this dossier and give the technical staff the transaction id of this message.
    .operators = Look in the gateway's log for the transaction id of this message.

registry_protocol_error =
    .title = The database's answer can't be read
    .detail = The National Population Database answered, but not in the agreed form, so nothing can be said about the person.
    .advice = Use VNeID or a reader for the QR code or chip of the identity card (Decree 104/2022/ND-CP, article 14(2)) and give the technical staff the transaction id.

registry_rejected =
    .title = The database refused the call
    .detail = The National Population Database refused the call for the reason named in reason, not because of the person.
    .advice = Tell the one-stop system's administrator the reason and use VNeID or a reader for the QR code or chip of the identity card for this dossier.

registry_unavailable =
    .title = The database can't be reached
    .detail = The National Population Database can't be reached now; this does not mean that there is no information about the person.
    .advice = Use VNeID or a reader for the QR code or chip of the identity card (Decree 104/2022/ND-CP, article 14(2)), and never ask the citizen for a paper because the line is down.

overloaded =
    .title = The gateway is overloaded
    .detail = The gateway is receiving too many calls at once.
    .advice = Wait a few seconds and try again, without asking the citizen for papers.
    .operators = Try again in a few seconds; too many operators' calls are under way.

maintenance =
    .title = The database is under maintenance
    .detail = The use of the National Population Database is interrupted for maintenance.
    .advice = Use VNeID or a reader for the QR code or chip of the identity card (Decree 104/2022/ND-CP, article 14(2)) until the maintenance is over.

audit_unavailable =
    .title = The use can't be recorded
    .detail = The gateway could not record the call and therefore released nothing.
    .advice = Try again in a few minutes and meanwhile use VNeID or a reader for the QR code or chip of the identity card.
    .operators = Look at the store's disk or database and at /readyz, then look whether the change was made before sending it again.

keys_unavailable =
    .title = Access tokens can't be checked now
    .detail = The gateway has not been able to fetch the sign-in service's keys, so no access token can be checked; this is not your fault.
    .advice = Try again in a few minutes and meanwhile use VNeID or a reader for the QR code or chip of the identity card.

registry_timeout =
    .title = The database took too long to answer
    .detail = The National Population Database did not answer in the time allowed; this does not mean that there is no information about the person.
    .advice = Try once more, then use VNeID or a reader for the QR code or chip of the identity card (Decree 104/2022/ND-CP, article 14(2)).

not_cached =
    .title = No stored record will do
    .detail = The call accepts only a stored record (only-if-cached), and the gateway has none that is fresh enough.
    .advice = Repeat the look-up in the usual way, not limited to stored records.

# Faults of a body

fault-required = This member is missing.
fault-number-required = Either the personal identification number (pin) or the 9-digit old card number (old_id_number) is needed.
fault-unknown-member = There is a member that the API doesn't know.
fault-duplicate = This member stands more than once.
fault-not-object = Must be a JSON object.
fault-not-list = Must be a JSON array.
fault-not-text = Must be a JSON string.
fault-not-flag = Must be JSON's true or false, not a string.
fault-pin-length = A personal identification number has exactly 12 digits.
fault-old-number-length = An old card number has exactly 9 digits.
fault-not-digits = Only the digits 0–9 are allowed.
fault-name-length = A name must not be empty and has at most 100 characters.
fault-name-charset = The name holds a character that no person's name has.
fault-name-legacy-encoding = The name is in an old encoding (TCVN3 or VNI); type it again in Unicode.
fault-birth-date-form = A birth date has the form YYYY-MM-DD, YYYY-MM or YYYY and is a day of the calendar.
fault-birth-date-too-early = The year of birth must not be before 1870.
fault-day-form = A day has the form YYYY-MM-DD and is a day of the calendar.
fault-in-the-future = The date must not be in the future.
fault-sex-word = Must be male, female or unknown.
fault-marital-status-word = Must be single, married or divorced_or_widowed.
fault-channel-word = Must be counter, online, assisted or post.
fault-table-code-form = Must be one or two digits of the code table.
fault-country-form = Must be two letters of ISO 3166-1.
fault-province-code-form = A province code has exactly 2 digits.
fault-commune-code-form = A commune code has exactly 5 digits.
fault-detail-length = The detail must not be empty and has at most 500 characters.
fault-detail-charset = The detail must not hold control characters.
fault-code-length = The code is empty or too long.
fault-code-charset = The code holds a character that is not allowed.
fault-holds-personal-number = The code must not hold a run of exactly 9 or 12 digits, which could be a person's number.
fault-unknown-field = There is no such field.
fault-field-count = From 1 to 25 fields can be asked for.
fault-field-twice = This field was named before.
fault-number-conflict = Only one of the two numbers may be given: pin or old_id_number.
fault-idempotency-key-form = The Idempotency-Key header has 1 to 64 visible ASCII characters.
fault-role-form = A role has 1 to 32 letters a-z and underscores.
fault-role-unknown = The procedure has no such role; GET /v1/procedures/{"{"}code{"}"} lists them.
fault-role-twice = The role is filled twice; one person stands in each.
fault-role-missing = A role that the procedure requires is not filled.
fault-roles-conflict = The same person stands in two roles that exclude each other.
fault-claim-not-needed = The procedure does not need this of the role.
fault-subject-count = There must be 1 to 16 people.
fault-moment-form = Must be a time such as 2026-11-22T08:00:00+07:00.
fault-not-number = Must be a JSON number.
fault-predicate-count = From 1 to 20 predicates can be asked.
fault-predicate-word = Must be same_household, head_of_household, relationship, resides_in or member_count.
fault-relationship-word = Must be spouse, child, parent, sibling, grandchild, grandparent or other.
fault-residence-word = Must be permanent, temporary or current.
fault-same-person = Must be somebody else than the subject.
fault-bound-required = Either at_least or at_most is needed, or both.
fault-bound-range = Must be a whole number from 1 to 1000.
fault-bounds-conflict = at_least must not be greater than at_most.
fault-not-of-members = A household's members have only pin, full_name, date_of_birth, sex, head_of_household and the parts of permanent_residence and temporary_residence.
fault-event-member = This member of the event is missing or can't be read.
fault-number-too-large = The number is too large.
fault-client-code-form = Letters, digits, dots, dashes and underscores only, without a run of 9 or 12 digits.
fault-client-title-length = The name is empty or longer than 200 letters.
fault-procedure-not-licensable = The catalogue has no such procedure.
fault-scope-word = There is no such scope.
fault-thumbprint-form = Must be the SHA-256 of a certificate in base64url.
fault-status-word = Must be active, suspended or expired.
fault-term-conflict = The end is not after the beginning.
fault-limits-conflict = A procedure must be licensed, its limits above zero and not above the system's own, no burst without or below its rate, and the month not below the day.
fault-number-not-whole = Must be a whole number, not below zero.
fault-limit-nought = Must be above zero; to stop a system, suspend it.
fault-burst-below-rate = A burst must not be below its rate.
fault-month-below-day = The limit of the month must not be below that of the day.
fault-below-procedure = Must not be below the limit of a single procedure.
fault-id-conflict = The address names another client.
fault-reason-form = A reason is one line of at most 300 letters.
fault-message-length = A message is one line of 1 to 300 letters.
fault-message-charset = A message is one line without control characters.
fault-end-range = The end must lie ahead, at most 31 days; leave it out where it is not known.
fault-nothing-announced = Only a maintenance that is on has a message and an end.
fault-not-json = This line is no JSON value.
fault-line-length = A line has at most 64 KiB.
fault-row-number = A row's number is a whole number from 1 to 99999999.
fault-row-twice = Another row of the batch has this number.
fault-row-count = A batch has 1 to 100000 rows.
fault-csv-header = The first line must be pin,old_id_number,full_name,date_of_birth.
fault-column-count = The row must have the four columns of the first line.

# Pages

page-problems-title = The gateway's problems
page-problems-introduction = Each code has one meaning, which doesn't change with the language.
page-all-problems = All codes
page-status = HTTP status
page-source = Whose side it lies on
page-source-caller = the calling system or officer
page-source-gateway = the gateway
page-source-registry = the National Population Database
page-retryable = Repeat the same call
page-yes = yes
page-no = no
page-advice = What the officer at the counter does

# The page for the dossier and the public page behind its code

confirmation-title = Check of a confirmation
confirmation-valid = The confirmation is valid.
confirmation-not-valid = The confirmation is not valid.
confirmation-unknown = There is no confirmation at this address.

document-title = Confirmation of a look-up in the population database
document-introduction = The National Population Database was asked in place of papers. For this dossier the citizen is not to be asked to hand in or show the papers named below.
document-outcome = Outcome
document-no-paper-required = No paper required
document-no-longer-holds = NO LONGER VALID
document-introduction-lapsed = This confirmation has expired or was revoked because the data changed; it serves no dossier any more. Ask the database again.
document-unit = Agency that looked up
document-officer = Officer's account (keyed hash)
document-procedure = Administrative procedure
document-dossier = Dossier
document-channel = How the dossier came
document-channel-counter = At the counter
document-channel-online = Online
document-channel-assisted = Online with an officer's help
document-channel-post = By post
document-time = Time of the look-up
document-valid-until = Valid until
document-transaction = Transaction
document-legal-ground = Legal ground
document-role = Person concerned
document-fact = Fact looked up
document-result = Result
document-result-match = Match
document-result-elsewhere = Taken from another database
document-replaces = Papers that it replaces
document-more = The remaining facts are in the electronic credential.
document-digest = SHA-256 of the electronic credential (SD-JWT)
document-scan = Scan to check whether it still holds
document-footer = Void as soon as the residence data change. This page holds no citizen's or officer's name or number.
