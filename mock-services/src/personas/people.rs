//! The personas one by one: what is odd about each, and the question that shows it.
//!
//! Each stands as its record and its question, grouped by the kind of oddity; the order here doesn't matter.
//! Always true: the question's outcome is `confirmed` unless the lines after it say otherwise.
//! Deliberately absent: how personas are stored; `personas` gathers them.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{Cast, member};
use crate::person::{
    Address, BirthDate, Household, MaritalStatus, Person, Relation, Relative, Sex, Status, TemporaryResidence,
};

pub(super) fn plain(cast: &mut Cast) {
    let pin = "100190000001";
    let mut person = someone(pin, "NGUYỄN THỊ MẪU", date(1990, 4, 12), Sex::Female);
    person.marital_status = Some(MaritalStatus::Married);
    person.old_id_number = Some("999000001".to_owned());
    let claims = json!({"sex": "female", "ethnicity": "01", "permanent_residence": commune("25", "09106")});
    cast.add(
        "P01",
        "a plain match",
        pin,
        ask(pin, "Nguyễn Thị Mẫu", "1990-04-12", claims),
        person,
    );

    let pin = "100050000005";
    let mut person = someone(pin, "HOÀNG VĂN NĂM", date(1950, 1, 1), Sex::Male);
    person.birth = BirthDate::Year(1950);
    let question = ask(pin, "Hoàng Văn Năm", "1950", json!({"sex": "male"}));
    cast.add("P05", "born in a year, without a day", pin, question, person);

    let pin = "100089000022";
    let person = someone(pin, "NGUYỄN VĂN TRÙNG", date(1989, 9, 9), Sex::Male);
    let question = ask(
        pin,
        "Nguyễn Văn Trùng",
        "1989-09-09",
        json!({"permanent_residence": commune("25", "09106")}),
    );
    cast.add(
        "P22",
        "namesakes with one birth date; the other is 100089000122",
        pin,
        question,
        person,
    );
    let mut second = someone("100089000122", "NGUYỄN VĂN TRÙNG", date(1989, 9, 9), Sex::Male);
    live_at(&mut second, address("01", "00004", "SỐ 9 PHỐ TRÚC BẠCH"));
    cast.alone(second);
}

pub(super) fn spelling(cast: &mut Cast) {
    let pin = "100085000002";
    let person = someone(pin, "ĐẶNG ĐÌNH ĐỨC MẪU", date(1985, 2, 3), Sex::Male);
    // Typed on a machine that writes decomposed letters, with spaces to spare.
    let typed = "Đa\u{306}\u{323}ng  Đi\u{300}nh   Đư\u{301}c Ma\u{302}\u{303}u";
    let purpose = "name with đ, double spaces and decomposed letters";
    cast.add(
        "P02",
        purpose,
        pin,
        ask(pin, typed, "1985-02-03", json!({"sex": "male"})),
        person,
    );

    let pin = "100192000003";
    let person = someone(pin, "TRẦN THỊ HÒA", date(1992, 7, 21), Sex::Female);
    let question = ask(pin, "Trần Thị Hoà", "1992-07-21", json!({"sex": "female"}));
    cast.add(
        "P03",
        "place of the tone mark, Hòa and Hoà",
        pin,
        question,
        person,
    );

    let pin = "100078000004";
    let person = someone(pin, "LÝ VĂN MẪU", date(1978, 11, 5), Sex::Male);
    let question = ask(pin, "Lí Văn Mẫu", "1978-11-05", json!({"sex": "male"}));
    cast.add(
        "P04",
        "i and y, Lý and Lí: close, never yes",
        pin,
        question,
        person,
    );
    cast.expecting("differs");

    let pin = "100091000020";
    let mut person = someone(pin, "Y BLĂK", date(1991, 3, 8), Sex::Male);
    person.ethnicity = "12".to_owned();
    let question = ask(pin, "Y Blăk", "1991-03-08", json!({"ethnicity": "12"}));
    let purpose = "one-word name of an ethnic minority; 100194000120 has an apostrophe and a hyphen";
    cast.add("P20", purpose, pin, question, person);
    let mut second = someone("100194000120", "H'BIA ÊBAN-KNUL", date(1994, 10, 30), Sex::Female);
    second.ethnicity = "12".to_owned();
    cast.alone(second);
}

pub(super) fn other_numbers(cast: &mut Cast) {
    let pin = "100170000006";
    let mut person = someone(pin, "PHẠM THỊ CHỨNG", date(1970, 6, 6), Sex::Female);
    person.old_id_number = Some("999000006".to_owned());
    let question = json!({
        "subject": {"old_id_number": "999000006", "full_name": "Phạm Thị Chứng", "date_of_birth": "1970-06-06"},
        "claims": {"sex": "female"},
    });
    cast.add(
        "P06",
        "only the nine-digit number is known",
        pin,
        question,
        person,
    );

    let pin = "100080000007";
    let mut person = someone("100080000107", "VŨ VĂN THAY", date(1980, 8, 17), Sex::Male);
    person.cancelled_pins.push(pin.to_owned());
    let question = ask(pin, "Vũ Văn Thay", "1980-08-17", json!({"sex": "male"}));
    cast.add(
        "P07",
        "cancelled number with a successor, 100080000107",
        pin,
        question,
        person,
    );
    cast.warn("number_replaced");

    let pin = "101095000010";
    let person = someone(pin, "NGUYỄN VĂN XA", date(1995, 1, 25), Sex::Male);
    let question = ask(pin, "Nguyễn Văn Xa", "1995-01-25", json!({"nationality": "VN"}));
    cast.add("P10", "birth registered abroad", pin, question, person);
}

pub(super) fn digits_and_gaps(cast: &mut Cast) {
    let pin = "100083000008";
    let person = someone(pin, "BÙI THỊ LỆCH", date(1983, 5, 19), Sex::Female);
    let question = ask(pin, "Bùi Thị Lệch", "1983-05-19", json!({"sex": "female"}));
    cast.add(
        "P08",
        "the number says male, the record female",
        pin,
        question,
        person,
    );
    cast.warn("pin_structure_mismatch");

    let pin = "100078000009";
    let person = someone(pin, "ĐỖ VĂN CHÊNH", date(1987, 12, 2), Sex::Male);
    let question = ask(pin, "Đỗ Văn Chênh", "1987-12-02", json!({"sex": "male"}));
    cast.add(
        "P09",
        "the number says 1978, the record 1987",
        pin,
        question,
        person,
    );
    cast.warn("pin_structure_mismatch");

    let pin = "100188000011";
    let mut person = someone(pin, "LÊ THỊ TRỐNG", date(1988, 2, 29), Sex::Female);
    person.marital_status = None;
    person.nationality = None;
    let question = ask(
        pin,
        "Lê Thị Trống",
        "1988-02-29",
        json!({"marital_status": "single"}),
    );
    cast.add(
        "P11",
        "marital status and nationality aren't held",
        pin,
        question,
        person,
    );
    cast.expecting("incomplete");
}

pub(super) fn commune_codes(cast: &mut Cast) {
    let pin = "100075000012";
    let mut person = someone(pin, "TRƯƠNG VĂN CŨ", date(1975, 4, 30), Sex::Male);
    let detail = "TỔ 1, PHƯỜNG DUY TÂN, THÀNH PHỐ KON TUM, TỈNH KON TUM";
    live_at(
        &mut person,
        Address {
            district: Some("608".to_owned()),
            ..address("62", "23284", detail)
        },
    );
    let question = ask(
        pin,
        "Trương Văn Cũ",
        "1975-04-30",
        json!({"permanent_residence": commune("51", "23284")}),
    );
    cast.add(
        "P12",
        "address of before July 2025, with a district",
        pin,
        question,
        person,
    );

    let pin = "100193000013";
    let mut person = someone(pin, "NGÔ THỊ MỚI", date(1993, 9, 2), Sex::Female);
    live_at(&mut person, address("51", "23284", "TỔ 3"));
    let question = ask(
        pin,
        "Ngô Thị Mới",
        "1993-09-02",
        json!({"permanent_residence": commune("51", "23284")}),
    );
    cast.add(
        "P13",
        "today's address in a commune whose code meant another one",
        pin,
        question,
        person,
    );
}

pub(super) fn written_addresses(cast: &mut Cast) {
    let pin = "100082000014";
    let mut person = someone(pin, "HUỲNH VĂN ĐẦY", date(1982, 10, 10), Sex::Male);
    live_at(
        &mut person,
        address("25", "09106", "THÔN ĐÔNG, XÃ VĨNH THÀNH, TỈNH PHÚ THỌ"),
    );
    let question = ask(
        pin,
        "Huỳnh Văn Đầy",
        "1982-10-10",
        json!({"permanent_residence": commune("25", "09106")}),
    );
    cast.add(
        "P14",
        "the written rest holds the whole address already",
        pin,
        question,
        person,
    );

    let pin = "100098000023";
    let mut person = someone(pin, "DƯƠNG VĂN TẠM", date(1998, 3, 14), Sex::Male);
    let elsewhere = address("79", "26740", "SỐ 12 ĐƯỜNG LÊ LỢI");
    person.current_residence = Some(elsewhere.clone());
    person.temporary_residence = Some(TemporaryResidence {
        address: elsewhere,
        since: date(2026, 3, 1),
    });
    let claims = json!({
        "permanent_residence": commune("25", "09106"),
        "temporary_residence": commune("79", "26740"),
    });
    let question = ask(pin, "Dương Văn Tạm", "1998-03-14", claims);
    cast.add(
        "P23",
        "temporary residence in another province",
        pin,
        question,
        person,
    );
    let mut host = someone("100180000123", "PHAN THỊ CHỦ NHÀ", date(1980, 2, 2), Sex::Female);
    live_at(&mut host, address("79", "26740", "SỐ 12 ĐƯỜNG LÊ LỢI"));
    cast.alone(host);
    cast.lodge("100098000023", date(2026, 3, 1));
}

pub(super) fn household_of_three(cast: &mut Cast) {
    let (head, wife, child) = ("100080000017", "100184000018", "100216000016");
    let (head_name, wife_name) = ("TRẦN VĂN CHỦ", "NGUYỄN THỊ THÀNH VIÊN");
    let relative = |pin: &str, name: &str| {
        Some(Relative {
            full_name: name.to_owned(),
            pin: Some(pin.to_owned()),
        })
    };
    let home = |person: &mut Person| {
        person.household = "HGP-0000000017".to_owned();
        live_at(person, address("25", "09106", "SỐ 17, THÔN THƯỢNG"));
    };

    let mut father = someone(head, head_name, date(1980, 5, 1), Sex::Male);
    father.marital_status = Some(MaritalStatus::Married);
    father.spouse = relative(wife, wife_name);
    home(&mut father);
    let mut mother = someone(wife, wife_name, date(1984, 8, 8), Sex::Female);
    mother.marital_status = Some(MaritalStatus::Married);
    mother.spouse = relative(head, head_name);
    home(&mut mother);
    let mut young = someone(child, "TRẦN MINH BÉ", date(2016, 6, 1), Sex::Male);
    young.father = relative(head, head_name);
    young.mother = relative(wife, wife_name);
    young.representative = relative(wife, wife_name);
    home(&mut young);

    let household = Household {
        id: father.household.clone(),
        address: address("25", "09106", "SỐ 17, THÔN THƯỢNG"),
        members: vec![
            member(&father, Relation::Head),
            member(&mother, Relation::Wife),
            member(&young, Relation::Child),
        ],
    };
    cast.people.extend([father, mother, young]);
    cast.households.push(household);

    let question = ask(
        child,
        "Trần Minh Bé",
        "2016-06-01",
        json!({"marital_status": "single"}),
    );
    cast.question("P16", "child under 14", child, question);
    let question = ask(
        head,
        "Trần Văn Chủ",
        "1980-05-01",
        json!({"head_of_household": true}),
    );
    cast.question("P17", "head of a household of three", head, question);
    let claims = json!({"head_of_household": false});
    let question = ask(wife, "Nguyễn Thị Thành Viên", "1984-08-08", claims);
    cast.question("P18", "member of P17's household", wife, question);
}

pub(super) fn kin(cast: &mut Cast) {
    let pin = "100160000019";
    let person = someone(pin, "CAO THỊ ĐƠN", date(1960, 12, 24), Sex::Female);
    let question = ask(
        pin,
        "Cao Thị Đơn",
        "1960-12-24",
        json!({"head_of_household": true}),
    );
    cast.add("P19", "lives alone", pin, question, person);

    let pin = "100301000021";
    let mut person = someone(pin, "MAI THỊ CON", date(2001, 1, 15), Sex::Female);
    person.mother = Some(Relative {
        full_name: "MAI THỊ MẸ".to_owned(),
        pin: None,
    });
    let question = ask(pin, "Mai Thị Con", "2001-01-15", json!({"sex": "female"}));
    cast.add("P21", "only the mother's name is held", pin, question, person);
}

pub(super) fn records(cast: &mut Cast) {
    let pin = "100040000015";
    let mut person = someone(pin, "ĐINH VĂN KHUẤT", date(1940, 3, 3), Sex::Male);
    person.status = Status::Deceased;
    let question = ask(pin, "Đinh Văn Khuất", "1940-03-03", json!({"sex": "male"}));
    cast.add("P15", "deceased", pin, question, person);
    cast.expecting("inactive");

    let pin = "100072000024";
    let mut person = someone(pin, "TÔ VĂN KHÓA", date(1972, 7, 7), Sex::Male);
    person.status = Status::Locked;
    let question = ask(
        pin,
        "Tô Văn Khóa",
        "1972-07-07",
        json!({"permanent_residence": commune("25", "09106")}),
    );
    cast.add("P24", "record locked while it is verified", pin, question, person);
    cast.expecting("incomplete");

    let pin = "100186000025";
    let person = someone(pin, "LÂM THỊ ĐÔI", date(1986, 11, 11), Sex::Female);
    let question = ask(pin, "Lâm Thị Đôi", "1986-11-11", json!({"sex": "female"}));
    let purpose = "two records in one collection; the other, 100186000125, comes first";
    cast.add("P25", purpose, pin, question, person);
    let mut second = someone("100186000125", "LÂM THỊ ĐÔI", date(1986, 11, 11), Sex::Female);
    live_at(&mut second, address("01", "00008", "SỐ 1 PHỐ ĐỘI CẤN"));
    cast.alone(second);
    cast.twins.push((pin.to_owned(), "100186000125".to_owned()));
}

fn someone(pin: &str, full_name: &str, born: Date, sex: Sex) -> Person {
    let home = vinh_thanh();
    Person {
        pin: pin.to_owned(),
        cancelled_pins: Vec::new(),
        old_id_number: None,
        full_name: full_name.to_owned(),
        birth: BirthDate::Day(born),
        sex,
        ethnicity: "01".to_owned(),
        religion: "00".to_owned(),
        nationality: Some("VN".to_owned()),
        marital_status: Some(MaritalStatus::Single),
        blood_group: "00".to_owned(),
        status: Status::Active,
        birth_registration: Some(Address {
            detail: String::new(),
            ..home.clone()
        }),
        origin: Some(Address {
            detail: String::new(),
            ..home.clone()
        }),
        permanent_residence: Some(home.clone()),
        current_residence: Some(home),
        temporary_residence: None,
        father: None,
        mother: None,
        spouse: None,
        representative: None,
        household: format!("HGP-{:0>10}", pin.get(6..).unwrap_or_default()),
    }
}

fn ask(pin: &str, full_name: &str, born: &str, claims: Value) -> Value {
    json!({"subject": {"pin": pin, "full_name": full_name, "date_of_birth": born}, "claims": claims})
}

fn commune(province: &str, code: &str) -> Value {
    json!({"province_code": province, "commune_code": code})
}

fn address(province: &str, commune: &str, detail: &str) -> Address {
    Address {
        province: province.to_owned(),
        district: None,
        commune: commune.to_owned(),
        detail: detail.to_owned(),
    }
}

fn vinh_thanh() -> Address {
    address("25", "09106", "THÔN MẪU")
}

fn live_at(person: &mut Person, at: Address) {
    person.permanent_residence = Some(at.clone());
    person.current_residence = Some(at);
}
