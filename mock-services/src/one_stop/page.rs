//! What does an officer see of the dossiers?
//!
//! Pages in Vietnamese with English beside it, written on the server: the counter with its form, its counts and its dossiers,
//! and one dossier from its arrival to the decision. Always true: every text that came from outside is escaped; numbers of
//! people are shown by their last three digits; nothing is loaded from elsewhere and no script is needed.
//! Deliberately absent: any decision.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;

use super::counters::count;
use super::dossier::{Channel, Dossier, State};
use super::words::{self, Words};
use crate::clock::vietnamese;

/// The stylesheet.
pub const STYLESHEET: &str = include_str!("page.css");

/// How many people the form has room for.
pub const ROWS: usize = 3;

/// How many dossiers are listed.
const LISTED: usize = 100;

/// Writes the counter's page; `wrong` says why the form wasn't taken.
pub fn counter(dossiers: &[Dossier], now: Timestamp, wrong: Option<&str>) -> String {
    let mut page = heading(("Bộ phận một cửa", "One-stop counter"));
    if let Some(wrong) = wrong {
        let title = both(("Chưa tiếp nhận được", "The form wasn't taken"));
        let _ = writeln!(
            page,
            "<p class=\"state bad\" role=\"alert\"><strong>{title}</strong> {}</p>",
            escaped(wrong)
        );
    }
    page.push_str(&counts(dossiers, now));
    page.push_str(&list(dossiers, now));
    page.push_str(&form());
    frame("Bộ phận một cửa", &page, false)
}

/// Writes a dossier's page.
pub fn dossier(dossier: &Dossier, now: Timestamp) -> String {
    let title = format!("Hồ sơ {}", dossier.code);
    let mut page = format!(
        "<p><a href=\"/\">{}</a></p>\n<h1>Hồ sơ {code} <span lang=\"en\">Dossier {code}</span></h1>\n",
        both(("← Tất cả hồ sơ", "All dossiers")),
        code = escaped(&dossier.code)
    );
    page.push_str(&standing(dossier));
    page.push_str(&particulars(dossier, now));
    page.push_str(&story(dossier));
    page.push_str(&facts(dossier));
    page.push_str(&supplement(dossier));
    page.push_str(&confirmation(dossier));
    let waits = matches!(dossier.state, State::Received | State::Waiting | State::Pending);
    frame(&title, &page, waits)
}

/// Writes the page of what isn't there.
pub fn nothing() -> String {
    let page = heading(("Không có trang này", "There is no such page"));
    frame(
        "Không có trang này",
        &format!(
            "{page}<p><a href=\"/\">{}</a></p>\n",
            both(("Về trang đầu", "To the counter"))
        ),
        false,
    )
}

fn frame(title: &str, content: &str, waits: bool) -> String {
    // Whoever waits for the registry sees the end without a script.
    let refresh = if waits {
        "<meta http-equiv=\"refresh\" content=\"3\">\n"
    } else {
        ""
    };
    format!(
        "<!doctype html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{refresh}<title>{}</title>\n\
         <link rel=\"stylesheet\" href=\"/page.css\">\n</head>\n<body>\n\
         <header><p>Bộ phận một cửa – mô phỏng <span lang=\"en\">One-stop counter – a mock; everybody here is invented</span></p></header>\n\
         <main>\n{content}</main>\n\
         <footer><p>Không yêu cầu giấy tờ khi Cơ sở dữ liệu đã có thông tin (Nghị định 104/2022/NĐ-CP, Điều 14). \
         <span lang=\"en\">No paper is asked for what the database holds.</span></p></footer>\n</body>\n</html>\n",
        escaped(title)
    )
}

fn heading(title: Words) -> String {
    format!("<h1>{}</h1>\n", both(title))
}

fn section(title: Words, content: &str) -> String {
    format!("<section>\n<h2>{}</h2>\n{content}</section>\n", both(title))
}

fn both((vietnamese, english): Words) -> String {
    format!("{vietnamese} <span lang=\"en\">{english}</span>")
}

fn named(words: Option<Words>, word: &str) -> String {
    words.map_or_else(|| format!("<code>{}</code>", escaped(word)), both)
}

fn procedure(code: &str) -> String {
    let known = words::PROCEDURES.iter().find(|(known, _)| *known == code);
    let name = known.map_or_else(String::new, |(_, words)| format!("{} – ", both(*words)));
    format!("{name}<code>{}</code>", escaped(code))
}

fn table(headings: &[Words], rows: &str) -> String {
    let heads: String = headings
        .iter()
        .map(|heading| format!("<th scope=\"col\">{}</th>", both(*heading)))
        .collect();
    // A region that scrolls must be reachable by the keyboard.
    format!(
        "<div class=\"scroll\" tabindex=\"0\">\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n</div>\n"
    )
}

fn counts(dossiers: &[Dossier], now: Timestamp) -> String {
    let mut rows = String::new();
    for ((level, channel), count) in count(dossiers, now) {
        let numbers = [
            count.dossiers,
            count.papers_spared,
            count.papers_asked,
            count.overdue,
            count.waiting,
        ];
        let cells: String = numbers
            .iter()
            .map(|number| format!("<td class=\"number\">{number}</td>"))
            .collect();
        let (level, channel) = (both(words::level(level)), both(words::channel(channel)));
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{level}</th><td>{channel}</td>{cells}</tr>"
        );
    }
    if rows.is_empty() {
        return String::new();
    }
    let headings = [
        ("Cấp", "Level"),
        ("Kênh", "Channel"),
        ("Hồ sơ", "Dossiers"),
        ("Giấy tờ được miễn", "Papers spared"),
        ("Giấy tờ phải nộp", "Papers asked"),
        ("Quá hạn", "Overdue"),
        ("Đang chờ", "Waiting"),
    ];
    section(
        ("Giấy tờ đã miễn và đã yêu cầu", "Papers spared and asked for"),
        &table(&headings, &rows),
    )
}

fn list(dossiers: &[Dossier], now: Timestamp) -> String {
    let mut rows = String::new();
    for dossier in dossiers.iter().rev().take(LISTED) {
        let code = escaped(&dossier.code);
        let overdue = if dossier.is_overdue(now) {
            both((" – quá hạn", "overdue"))
        } else {
            String::new()
        };
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\"><a href=\"/dossiers/{code}\">{code}</a></th><td>{}</td><td>{}{overdue}</td></tr>",
            procedure(&dossier.procedure),
            both(words::state(dossier.state)),
        );
    }
    if rows.is_empty() {
        return format!("<p>{}</p>\n", both(("Chưa có hồ sơ nào.", "No dossier yet.")));
    }
    let headings = [
        ("Mã hồ sơ", "Dossier"),
        ("Thủ tục", "Procedure"),
        ("Trạng thái", "State"),
    ];
    section(("Hồ sơ", "Dossiers"), &table(&headings, &rows))
}

fn form() -> String {
    let procedures: String = words::PROCEDURES
        .iter()
        .map(|(code, (vietnamese, english))| {
            format!("<option value=\"{code}\">{code} {vietnamese} – {english}</option>")
        })
        .collect();
    let channels: String = Channel::ALL
        .iter()
        .map(|channel| {
            let (vietnamese, english) = words::channel(*channel);
            format!(
                "<option value=\"{}\">{vietnamese} – {english}</option>",
                channel.as_str()
            )
        })
        .collect();
    let mut fields = format!(
        "<fieldset><legend>{}</legend>\n{}{}</fieldset>\n",
        both(("Hồ sơ", "Dossier")),
        labelled(
            ("Thủ tục", "Procedure"),
            &format!("<select name=\"procedure\">{procedures}</select>")
        ),
        labelled(
            ("Kênh", "Channel"),
            &format!("<select name=\"channel\">{channels}</select>")
        ),
    );
    for row in 1..=ROWS {
        let needed = if row == 1 { " required" } else { "" };
        let role = ["father", "mother", "declarant"]
            .get(row.saturating_sub(1))
            .copied()
            .unwrap_or_default();
        let people = [
            labelled(
                ("Vai trò", "Role"),
                &format!("<input name=\"role{row}\" value=\"{role}\" pattern=\"[a-z_]+\"{needed}>"),
            ),
            labelled(
                ("Số định danh cá nhân", "Personal number"),
                &format!(
                    "<input name=\"pin{row}\" inputmode=\"numeric\" pattern=\"[0-9]{{12}}\" autocomplete=\"off\"{needed}>"
                ),
            ),
            labelled(
                ("Họ và tên", "Full name"),
                &format!("<input name=\"name{row}\" autocomplete=\"off\"{needed}>"),
            ),
            labelled(
                ("Ngày sinh (năm-tháng-ngày)", "Birth date (year-month-day)"),
                &format!(
                    "<input name=\"born{row}\" placeholder=\"1990-04-12\" autocomplete=\"off\"{needed}>"
                ),
            ),
        ];
        let _ = write!(
            fields,
            "<fieldset><legend>Người {row} <span lang=\"en\">Person {row}</span></legend>\n{}</fieldset>\n",
            people.concat()
        );
    }
    let button = both(("Tiếp nhận và tra cứu", "Take and check")).replace("<span lang=\"en\">", "– <span>");
    let form = format!(
        "<form method=\"post\" action=\"/dossiers\">\n{fields}<button type=\"submit\">{button}</button>\n</form>\n"
    );
    section(("Tiếp nhận hồ sơ mới", "Take a new dossier"), &form)
}

fn labelled(label: Words, field: &str) -> String {
    format!("<label>{} {field}</label>\n", both(label))
}

fn standing(dossier: &Dossier) -> String {
    let class = match dossier.state {
        State::InProcess => " good",
        State::SupplementAsked | State::Refused => " bad",
        State::Received | State::Waiting | State::Pending => "",
    };
    let mut text = format!("<strong>{}</strong>", both(words::state(dossier.state)));
    let problem = |name: &str| dossier.problem.get(name).and_then(Value::as_str).map(escaped);
    if let Some(title) = problem("title") {
        let _ = write!(text, " {title}");
    }
    if let Some(advice) = problem("advice") {
        let _ = write!(text, " {advice}");
    }
    if dossier
        .told("/other_ways")
        .as_array()
        .is_some_and(|ways| !ways.is_empty())
    {
        let ways = (
            "Trong lúc chờ: xem VNeID hoặc đọc mã QR, chip trên thẻ căn cước.",
            "Meanwhile: VNeID, or the card's QR code or chip.",
        );
        let _ = write!(text, " {}", both(ways));
    }
    format!("<p class=\"state{class}\" role=\"status\">{text}</p>\n")
}

fn particulars(dossier: &Dossier, now: Timestamp) -> String {
    let people: Vec<_> = dossier
        .subjects
        .iter()
        .map(|person| {
            let role = person.get("role").and_then(Value::as_str).unwrap_or_default();
            let subject = person.get("subject").cloned().unwrap_or_default();
            let text = |name: &str| {
                subject
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let number = if text("pin").is_empty() {
                text("old_id_number")
            } else {
                text("pin")
            };
            format!(
                "{}: {} ({})",
                named(words::role(role), role),
                escaped(text("full_name")),
                masked(&number)
            )
        })
        .collect();
    let deadline = dossier
        .told("/deadline")
        .as_str()
        .map_or_else(|| "–".to_owned(), moment);
    let overdue = if dossier.is_overdue(now) {
        format!(
            " <strong class=\"other\">{}</strong>",
            both(("Quá hạn", "Overdue"))
        )
    } else {
        String::new()
    };
    let entries = [
        (("Thủ tục", "Procedure"), procedure(&dossier.procedure)),
        (("Kênh", "Channel"), both(words::channel(dossier.channel))),
        (
            ("Đơn vị tiếp nhận", "Unit"),
            format!(
                "{} – {}",
                escaped(&dossier.unit),
                both(words::level(dossier.level))
            ),
        ),
        (
            ("Tiếp nhận lúc", "Received"),
            moment(&vietnamese(dossier.received_at)),
        ),
        (
            ("Hạn trả lời công dân", "Deadline for telling the citizen"),
            format!("{deadline}{overdue}"),
        ),
        (("Người liên quan", "People"), people.join("<br>")),
    ];
    let list: String = entries
        .iter()
        .map(|(name, value)| format!("<dt>{}</dt><dd>{value}</dd>\n", both(*name)))
        .collect();
    section(
        ("Thông tin hồ sơ", "The dossier"),
        &format!("<dl>\n{list}</dl>\n"),
    )
}

fn story(dossier: &Dossier) -> String {
    let mut steps = String::new();
    for (at, event) in &dossier.history {
        let at = vietnamese(*at);
        let _ = writeln!(
            steps,
            "<li><time datetime=\"{at}\">{}</time> {}</li>",
            moment(&at),
            both(words::event(*event))
        );
    }
    section(
        ("Từ tiếp nhận đến quyết định", "From arrival to decision"),
        &format!("<ol class=\"story\">\n{steps}</ol>\n"),
    )
}

fn facts(dossier: &Dossier) -> String {
    let mut rows = String::new();
    for fact in dossier.told("/facts").as_array().into_iter().flatten() {
        let text = |name: &str| fact.get(name).and_then(Value::as_str).unwrap_or_default();
        let class = match text("result") {
            "match" => "match",
            "elsewhere" => "elsewhere",
            _ => "other",
        };
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"{class}\">{}</td></tr>",
            named(words::role(text("role")), text("role")),
            named(words::fact(text("fact")), text("fact")),
            named(words::result(text("result")), text("result")),
        );
    }
    if rows.is_empty() {
        return String::new();
    }
    let headings = [("Vai trò", "Role"), ("Thông tin", "Fact"), ("Kết quả", "Result")];
    section(
        ("Kết quả tra cứu", "What the register says"),
        &table(&headings, &rows),
    )
}

fn supplement(dossier: &Dossier) -> String {
    let mut items = String::new();
    for asked in dossier.told("/supplement").as_array().into_iter().flatten() {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
        let papers = asked.get("any_one_of").and_then(Value::as_array);
        let papers: Vec<_> = papers
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|word| named(words::paper(word), word))
            .collect();
        let _ = writeln!(
            items,
            "<li>{}, {}: {} {}. {}: {}. {}: <code>{}</code></li>",
            named(words::role(text("role")), text("role")),
            named(words::fact(text("fact")), text("fact")),
            both(("nộp một trong các giấy tờ sau", "any one of")),
            papers.join("; "),
            both(("Căn cứ", "Legal ground")),
            escaped(text("legal_ground")),
            both(("Thủ tục cập nhật dữ liệu", "To correct the data")),
            escaped(text("correction_procedure")),
        );
    }
    if items.is_empty() {
        return String::new();
    }
    section(
        ("Phiếu yêu cầu bổ sung", "Supplement asked for"),
        &format!("<ul>\n{items}</ul>\n"),
    )
}

fn confirmation(dossier: &Dossier) -> String {
    let told = dossier.told("/confirmation");
    let text = |name: &str| told.get(name).and_then(Value::as_str).map(escaped);
    let Some(id) = text("id") else {
        return String::new();
    };
    let mut entries = format!(
        "<dt>{}</dt><dd><code>{id}</code></dd>\n",
        both(("Mã xác nhận", "Confirmation"))
    );
    if let Some(until) = told.get("expires_at").and_then(Value::as_str) {
        let _ = writeln!(
            entries,
            "<dt>{}</dt><dd>{}</dd>",
            both(("Có giá trị đến", "Valid until")),
            moment(until)
        );
    }
    if dossier.page.is_some() {
        let link = both(("Xem giấy xác nhận (PDF)", "The page (PDF)"));
        let _ = writeln!(
            entries,
            "<dt>{}</dt><dd><a href=\"/dossiers/{}/confirmation.pdf\">{link}</a></dd>",
            both(("Lưu trong hồ sơ", "Filed")),
            escaped(&dossier.code)
        );
    }
    if let Some(address) = text("public_url").filter(|address| address.starts_with("http")) {
        let _ = writeln!(
            entries,
            "<dt>{}</dt><dd><a href=\"{address}\" rel=\"noreferrer\">{address}</a></dd>",
            both(("Kiểm tra hiệu lực", "Is it still valid?"))
        );
    }
    section(
        ("Giấy xác nhận kết quả tra cứu", "Confirmation of the check"),
        &format!("<dl>\n{entries}</dl>\n"),
    )
}

/// Writes a moment as people read it: `2026-11-22T16:09:00+07:00` as 16:09:00 22/11/2026.
fn moment(text: &str) -> String {
    let (day, time) = text.split_once('T').unwrap_or((text, ""));
    let mut parts = day.split('-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(year), Some(month), Some(day)) => {
            let time = time.get(..8).unwrap_or(time);
            escaped(format!("{time} {day}/{month}/{year}").trim())
        }
        _ => escaped(text),
    }
}

fn masked(number: &str) -> String {
    let shown = number.char_indices().rev().nth(2).map_or(0, |(at, _)| at);
    let hidden = "•".repeat(number.chars().count().saturating_sub(3));
    format!("{hidden}{}", escaped(number.get(shown..).unwrap_or_default()))
}

/// Writes a text so that it can't be taken for markup.
fn escaped(text: impl AsRef<str>) -> String {
    text.as_ref().chars().fold(String::new(), |mut escaped, letter| {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
        escaped
    })
}
