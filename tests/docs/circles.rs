//! Which file of src imports which, and the circles among them.
//!
//! A path that names what a module only passes on (`pub use`) leads to the file where it is defined, so a module may pass on
//! what its own files define without importing them.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::Source;

/// For each file, the files that it imports.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

type Module = Vec<String>;

/// A `use`: whether it passes on, the path, and the name that it gets here.
struct Use {
    public: bool,
    path: Module,
    name: String,
}

/// What is known of all modules.
struct Modules {
    files: BTreeMap<Module, String>,
    passed_on: BTreeMap<Module, BTreeMap<String, Module>>,
}

/// Gives the module that a file holds.
fn module_of(path: &str) -> Module {
    let stem = path.strip_suffix(".rs").unwrap();
    let mut parts: Module = stem.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

/// Reads all files, and fails on one that no other file declares as a module.
pub(super) fn imports(sources: &[Source]) -> Graph {
    let roots = ["lib.rs", "main.rs"];
    let files: BTreeMap<Module, String> = sources
        .iter()
        .filter(|source| !roots.contains(&source.path.as_str()))
        .map(|source| (module_of(&source.path), source.path.clone()))
        .collect();
    for source in sources.iter().filter(|source| !roots.contains(&source.path.as_str())) {
        let module = module_of(&source.path);
        let (name, parent) = module.split_last().unwrap();
        let declarer = sources.iter().find(|other| {
            if parent.is_empty() {
                other.path == "lib.rs"
            } else {
                !roots.contains(&other.path.as_str()) && module_of(&other.path) == parent
            }
        });
        let is_declared = declarer.is_some_and(|other| other.code.contains(&format!("mod {name};")));
        assert!(is_declared, "src/{} is no module of any other file, so its place is not known", source.path);
    }
    let mut modules = Modules { files, passed_on: BTreeMap::new() };
    let read: Vec<(Module, Vec<Use>, String)> = sources
        .iter()
        .filter(|source| !roots.contains(&source.path.as_str()))
        .map(|source| {
            let (uses, body) = uses(&source.code);
            (module_of(&source.path), uses, body)
        })
        .collect();
    for (module, uses, _) in &read {
        for passed in uses.iter().filter(|used| used.public) {
            if let Some(path) = modules.absolute(module, &passed.path) {
                modules.passed_on.entry(module.clone()).or_default().insert(passed.name.clone(), path);
            }
        }
    }
    let mut graph = Graph::new();
    for (module, uses, body) in &read {
        let own = &modules.files[module];
        let mut paths: Vec<Module> = inline_paths(body);
        paths.extend(uses.iter().filter(|used| !used.public || names(body, &used.name)).map(|used| used.path.clone()));
        let found = paths.iter().filter_map(|path| modules.absolute(module, path)).filter_map(|path| modules.file_of(&path, 0));
        graph.insert(own.clone(), found.filter(|file| file != own).collect());
    }
    graph
}

impl Modules {
    /// Makes a path one from the root of the crate; nothing where it leads out of the crate.
    fn absolute(&self, module: &Module, path: &Module) -> Option<Module> {
        let mut base = module.clone();
        let rest = match path.first()?.as_str() {
            "crate" => {
                base.clear();
                &path[1..]
            }
            "self" => &path[1..],
            "super" => {
                let count = path.iter().take_while(|part| *part == "super").count();
                base.truncate(base.len() - count);
                &path[count..]
            }
            first => {
                let child: Module = base.iter().cloned().chain([first.to_owned()]).collect();
                self.files.get(&child)?;
                path
            }
        };
        base.extend(rest.iter().filter(|part| *part != "self").cloned());
        Some(base)
    }

    /// Gives the file in which what a path names is defined.
    fn file_of(&self, path: &Module, depth: usize) -> Option<String> {
        let length = (1..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let module = path[..length].to_vec();
        if let Some(next) = path.get(length)
            && let Some(to) = self.passed_on.get(&module).and_then(|passed| passed.get(next))
            && depth < 8
        {
            let onward: Module = to.iter().chain(&path[length + 1..]).cloned().collect();
            return self.file_of(&onward, depth + 1);
        }
        self.files.get(&module).cloned()
    }
}

/// Takes the `use`s out of a source, and gives the rest of it.
fn uses(code: &str) -> (Vec<Use>, String) {
    let mut found = Vec::new();
    let mut body = String::new();
    let mut rest = code;
    while let Some(at) = next_use(rest) {
        let (before, after) = rest.split_at(at);
        let (tree, after) = after["use ".len()..].split_once(';').unwrap();
        let line = before.rsplit('\n').next().unwrap().trim();
        let public = line.starts_with("pub");
        body.push_str(before.strip_suffix(line).unwrap_or(before));
        let flat: String = tree.split_whitespace().collect::<Vec<_>>().join(" ");
        for path in flat_paths(&flat) {
            let (path, alias) =
                path.split_once(" as ").map_or((path.as_str(), None), |(path, alias)| (path, Some(alias.to_owned())));
            let path: Module = path.trim().split("::").map(|part| part.trim().to_owned()).collect();
            let own = path.iter().rev().find(|part| *part != "self").unwrap().clone();
            found.push(Use { public, name: alias.unwrap_or(own), path });
        }
        rest = after;
    }
    body.push_str(rest);
    (found, body)
}

/// Finds where the next `use` begins.
fn next_use(code: &str) -> Option<usize> {
    code.match_indices("use ").map(|(at, _)| at).find(|at| {
        let line = code[..*at].rsplit('\n').next().unwrap().trim();
        line.is_empty() || line == "pub" || (line.starts_with("pub(") && line.ends_with(')'))
    })
}

/// Writes the paths of a tree out, one for each leaf.
fn flat_paths(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else { return vec![tree.to_owned()] };
    let (start, inner) = (&tree[..open], &tree[open + 1..tree.rfind('}').unwrap()]);
    let (mut parts, mut depth, mut current) = (Vec::new(), 0, String::new());
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut current));
                continue;
            }
            _ => {}
        }
        current.push(c);
    }
    parts.push(current);
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| flat_paths(part)).map(|leaf| format!("{start}{leaf}")).collect()
}

/// Finds the paths that stand in the code itself.
fn inline_paths(body: &str) -> Vec<Module> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    let mut rest = body;
    let mut before = ' ';
    while let Some(start) = rest.find(is_word) {
        before = rest[..start].chars().next_back().unwrap_or(before);
        let word = &rest[start..];
        let end = word.find(|c: char| !is_word(c) && c != ':').unwrap_or(word.len());
        let path: Module = word[..end].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if path.len() > 1 && before != '.' && before != ':' && path[0].starts_with(|c: char| c.is_lowercase() || c == '_') {
            found.push(path);
        }
        before = word[..end].chars().next_back().unwrap();
        rest = &word[end..];
    }
    found
}

/// Says whether code names something: a function or a module by what follows it, anything else by its name.
fn names(body: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    body.match_indices(name).any(|(at, _)| {
        let (before, after) = (body[..at].chars().next_back(), &body[at + name.len()..]);
        let is_whole = !before.is_some_and(|c| is_word(c) || c == '.') && !after.starts_with(is_word);
        let is_small = name.starts_with(char::is_lowercase);
        is_whole && (!is_small || ["(", "::", "!"].iter().any(|next| after.starts_with(next)))
    })
}

/// Gives every circle: files that reach each other, with what each of them imports of the others.
pub(super) fn circles(graph: &Graph) -> Vec<String> {
    let reach = |from: &String| {
        let mut reached = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(file) = waiting.pop() {
            for next in graph.get(file).into_iter().flatten() {
                if reached.insert(next.clone()) {
                    waiting.push(next);
                }
            }
        }
        reached
    };
    let reached: Graph = graph.keys().map(|file| (file.clone(), reach(file))).collect();
    let mut found = BTreeSet::new();
    for (file, to) in reached.iter().filter(|(file, to)| to.contains(*file)) {
        let circle: BTreeSet<&String> =
            to.iter().filter(|other| reached.get(*other).is_some_and(|back| back.contains(file))).collect();
        let told = circle.iter().map(|one| {
            let within: Vec<_> = graph[*one].iter().filter(|other| circle.contains(other)).map(String::as_str).collect();
            format!("  {one} imports {}", within.join(", "))
        });
        found.insert(told.collect::<Vec<_>>().join("\n"));
    }
    found.into_iter().collect()
}

#[test]
fn a_circle_is_found_and_what_is_passed_on_is_none() {
    let source = |path: &str, code: &str| Source { path: path.to_owned(), code: code.to_owned() };
    let lib = source("lib.rs", "pub mod a;\npub mod b;\n");
    let facade = "mod one;\nmod two;\npub use self::one::One;\npub use self::two::{Two, make as made};\npub struct Own;\n";
    let one = source("a/one.rs", "use super::Two;\npub struct One(Two);\n");
    let two = source("a/two.rs", "use super::{Own, made};\npub struct Two(Own);\n");
    let b = source("b.rs", "use crate::a::{One, two::{self, Two}};\nfn f() { crate::a::made() }\n");
    let sources = [lib, source("a/mod.rs", facade), one, two, b];
    let graph = imports(&sources);
    let files = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(graph["a/mod.rs"], files(&[]), "what is only passed on is no import");
    assert_eq!(graph["a/one.rs"], files(&["a/two.rs"]));
    assert_eq!(graph["a/two.rs"], files(&["a/mod.rs"]));
    assert_eq!(graph["b.rs"], files(&["a/one.rs", "a/two.rs"]));
    assert!(circles(&graph).is_empty());
    let used = source("a/mod.rs", &format!("{facade}fn f() -> Two {{ made() }}\n"));
    let [lib, _, one, two, b] = sources;
    let found = circles(&imports(&[lib, used, one, two, b]));
    assert_eq!(found, ["  a/mod.rs imports a/two.rs\n  a/two.rs imports a/mod.rs"]);
}
