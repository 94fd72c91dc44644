//! How is an element written so that nothing in a name can break out of it?
//!
//! A few lines over a `String`: open, close, leaf; every text is escaped here and nowhere else.
//! Always true: what was opened in nested calls is closed in order. Deliberately absent: reading.

/// An XML text that grows.
#[derive(Debug)]
pub struct Xml {
    text: String,
    prefix: &'static str,
}

impl Xml {
    /// Starts from a fixed head; elements will carry the prefix.
    pub fn new(head: &str, prefix: &'static str) -> Self {
        let mut text = String::with_capacity(4096);
        text.push_str(head);
        Self { text, prefix }
    }

    /// Writes an element with children.
    pub fn element(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        self.element_with(name, &[], children);
    }

    /// Writes an element with attributes and children.
    pub fn element_with(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        children: impl FnOnce(&mut Self),
    ) {
        self.tag("<", name);
        for (attribute, value) in attributes {
            self.text.push(' ');
            self.text.push_str(attribute);
            self.text.push_str("=\"");
            escape(&mut self.text, value);
            self.text.push('"');
        }
        self.text.push('>');
        children(self);
        self.tag("</", name);
        self.text.push('>');
    }

    /// Writes an element with a text, or an empty element.
    pub fn leaf(&mut self, name: &str, text: &str) {
        if text.is_empty() {
            self.tag("<", name);
            self.text.push_str("/>");
        } else {
            self.element(name, |xml| escape(&mut xml.text, text));
        }
    }

    /// Ends with a fixed tail.
    pub fn finish(mut self, tail: &str) -> String {
        self.text.push_str(tail);
        self.text
    }

    fn tag(&mut self, open: &str, name: &str) {
        self.text.push_str(open);
        self.text.push_str(self.prefix);
        self.text.push_str(name);
    }
}

fn escape(into: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            _ => into.push(letter),
        }
    }
}
