//! Compiles the interface, and finds the default model to compile in.
//!
//! The `.proto` files are read by protox, so that no `protoc` is needed. `google/rpc/status.proto` comes out of the descriptor set
//! that tonic-types ships.

use std::{error::Error, path::Path};

use prost::Message;
use protox::file::{ChainFileResolver, DescriptorSetFileResolver, GoogleFileResolver, IncludeFileResolver};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    compile_interface()?;
    find_default_model()
}

fn compile_interface() -> Result<()> {
    println!("cargo:rerun-if-changed=proto");
    let mut google_rpc = prost_types::FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET)?;
    for file in google_rpc.file.iter_mut().filter(|file| file.package() == "google.rpc") {
        file.name = Some(format!("google/rpc/{}", file.name())); // tonic-types names them without their folder
    }
    let mut files = ChainFileResolver::new();
    files.add(IncludeFileResolver::new("proto".into()));
    files.add(GoogleFileResolver::new());
    files.add(DescriptorSetFileResolver::new(google_rpc));

    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(["slugline/v1/classification_service.proto", "slugline/v1/model_service.proto"])?;

    let descriptors = Path::new(&std::env::var("OUT_DIR")?).join("descriptors.binpb");
    std::fs::write(descriptors, compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure().extern_path(".google.rpc", "::tonic_types::pb").compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

/// Writes `default_model.rs`: the files of `models/news` that its `stable` alias names, or nothing where no model has been trained yet.
fn find_default_model() -> Result<()> {
    println!("cargo:rerun-if-changed=models/news");
    let aliases = Path::new("models/news/aliases.json");
    let source = match std::fs::read_to_string(aliases) {
        Err(_) => "pub(super) const FILES: Option<DefaultModel> = None;".to_owned(),
        Ok(json) => {
            let version = stable_version(&json).ok_or("models/news/aliases.json names no \"stable\" version")?;
            let folder = std::env::current_dir()?.join("models/news").join(version.to_string());
            format!(
                "pub(super) const FILES: Option<DefaultModel> = Some(DefaultModel {{ version: {version}, \
                 manifest: include_bytes!({:?}), tensors: include_bytes!({:?}) }});",
                folder.join("manifest.json"),
                folder.join("model.safetensors")
            )
        }
    };
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("default_model.rs"), source)?;
    Ok(())
}

/// The number behind `"stable":` in an aliases file.
fn stable_version(json: &str) -> Option<u32> {
    let (_, rest) = json.split_once("\"stable\"")?;
    let digits = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}
