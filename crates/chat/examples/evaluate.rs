//! Prints the measures of a folder of labelled lines, as `stallcast evaluate` does, without building the engine.

fn main() -> std::process::ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    match stallcast_chat::evaluate(std::path::Path::new(&folder)) {
        Ok(measures) => {
            for measure in measures {
                println!("{} {:.4} {}", measure.measure, measure.value, measure.n);
            }
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
