#include "ui/setup/dataset_card.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/models/dataset_preview_model.h"
#include "ui/setup/field_binder.h"
#include "ui/setup/token_strip.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bar_chart.h"
#include "ui/widgets/issue_form.h"
#include "ui/widgets/length_histogram.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

constexpr int kRemarksShown = 5;

QComboBox* shrinkingCombo(QWidget* parent)
{
    auto* combo = new QComboBox(parent);
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(8);
    return combo;
}

std::optional<std::string> ColumnMapping::*mappingField(int role)
{
    static constexpr std::optional<std::string> ColumnMapping::*kFields[] = {
        &ColumnMapping::text, &ColumnMapping::textPair, &ColumnMapping::label};
    return kFields[role];
}

} // namespace

DatasetCard::DatasetCard(ExperimentEditor& editor, QWidget* parent)
    : Card(tr("Data"), parent)
    , m_editor(editor)
{
    createWidgets();
    buildLayout();
    connectSignals();
    refreshSources();
}

void DatasetCard::createWidgets()
{
    m_source = shrinkingCombo(this);
    m_eval = shrinkingCombo(this);
    m_evalShare = new QDoubleSpinBox(this);
    m_evalShare->setRange(0, 0.9);
    m_evalShare->setSingleStep(0.05);
    m_evalShare->setKeyboardTracking(false);
    m_evalShare->setToolTip(tr("Share of the training rows held out for evaluation"));
    for (QComboBox*& combo : m_columns)
        combo = shrinkingCombo(this);
    m_columns[0]->setAccessibleName(tr("Column of the text"));
    m_columns[1]->setAccessibleName(tr("Column of the second text"));
    m_columns[2]->setAccessibleName(tr("Column of the label"));
    m_maxLength = new QSpinBox(this);
    m_maxLength->setRange(1, 1 << 20);
    m_maxLength->setKeyboardTracking(false);
    m_form = new IssueForm(this);
    m_status = new MutedLabel({}, this);
    m_counts = new QLabel(this);
    m_counts->setWordWrap(true);
    m_labels = new BarChart(this);
    m_lengths = new LengthHistogram(this);
    m_remarks = new MutedLabel({}, this);
    m_rows = new DatasetPreviewModel(this);
    m_table = new QTableView(this);
    m_table->setModel(m_rows);
    m_table->setAccessibleName(tr("First rows of the data"));
    m_table->setWordWrap(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setFont(smallFont(font()));
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setFont(smallFont(font()));
    m_table->horizontalHeader()->setFont(smallFont(font()));
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setFixedHeight(20 * kGrid);
    m_table->setShowGrid(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setAlternatingRowColors(true);
    m_tokens = new TokenStrip(this);
}

QWidget* DatasetCard::rowOf(std::initializer_list<QWidget*> widgets)
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid / 2);
    bool isFirst = true;
    for (QWidget* widget : widgets) {
        layout->addWidget(widget, isFirst ? 1 : 0);
        isFirst = false;
    }
    row->setFocusProxy(*widgets.begin());
    return row;
}

void DatasetCard::buildLayout()
{
    auto* open = new QPushButton(tr("Open file…"), this);
    open->setToolTip(tr("A CSV, TSV or JSON Lines file; it can be dropped here too"));
    connect(open, &QPushButton::clicked, this, &DatasetCard::chooseFile);
    m_form->addField(tr("&Train on"), rowOf({m_source, open}), QStringLiteral("data.train"),
                     tr("Rows the adapters learn from"));
    m_form->addField(tr("E&valuate on"), rowOf({m_eval, m_evalShare}), QStringLiteral("data.eval"),
                     tr("Rows kept apart to measure quality"));
    const QString why = tr("Found by name and content; change it where that went wrong");
    m_form->addField(tr("Te&xt"), m_columns[0], QStringLiteral("data.columns.text"), why);
    m_form->addField(tr("Second text"), m_columns[1], QStringLiteral("data.columns.text_pair"), why);
    m_form->addField(tr("La&bel"), m_columns[2], QStringLiteral("data.columns.label"), why);
    auto* task = new QLabel(tr("sequence classification"), this);
    m_form->addField(tr("Task"), task, QStringLiteral("task"), tr("One label per text or pair of texts"));
    m_form->addField(tr("Max le&ngth"), m_maxLength, QStringLiteral("data.max_length"),
                     tr("Tokens of a row the model reads, special tokens included; drag the mark below"));
    body()->addWidget(m_form);
    body()->addWidget(m_status);
    body()->addWidget(m_lengths);
    body()->addWidget(m_counts);
    body()->addWidget(m_labels);
    body()->addWidget(m_remarks);
    body()->addWidget(m_table);
    body()->addWidget(m_tokens);
}

void DatasetCard::bindFields(FieldBinder& binder)
{
    binder.choice(
        m_source, tr("Choose data"), [](const ExperimentConfig& e) { return qstr(e.data.train); },
        [](ExperimentConfig& e, const QString& value) {
            e.data.train = value.toStdString();
            e.data.columns = {}; // another file has other columns: infer anew
            e.data.eval.reset();
        });
    binder.number(
        m_evalShare, tr("Change held-out share"), [](const ExperimentConfig& e) { return e.data.evalSplit; },
        [](ExperimentConfig& e, double value) { e.data.evalSplit = value; });
    binder.integer(
        m_maxLength, tr("Change max_length"), [](const ExperimentConfig& e) { return e.data.maxLength; },
        [](ExperimentConfig& e, int value) { e.data.maxLength = value; });
    binder.onChange([this](const ExperimentConfig& e) {
        refreshSources();
        refreshColumns();
        m_lengths->setCutoff(e.data.maxLength);
        m_tokens->setCutoff(e.data.maxLength);
    });
}

void DatasetCard::connectSignals()
{
    auto* binder = new FieldBinder(m_editor, this);
    bindFields(*binder);
    connect(m_eval, &QComboBox::activated, this, [this](int index) {
        if (index == m_eval->count() - 1)
            return chooseEvalFile();
        const QString file = m_eval->itemData(index).toString();
        m_editor.edit(tr("Choose evaluation data"), [&](ExperimentConfig& e) {
            e.data.eval = file.isEmpty() ? std::nullopt : std::optional(file.toStdString());
        });
    });
    for (int role = 0; role < 3; ++role)
        connect(m_columns[role], &QComboBox::activated, this,
                [this, role](int index) { editColumn(role, m_columns[role]->itemData(index).toString()); });
    connect(m_lengths, &LengthHistogram::cutoffDragged, this, [this](int tokens) {
        m_editor.edit(
            tr("Drag max_length"), [tokens](ExperimentConfig& e) { e.data.maxLength = tokens; },
            QStringLiteral("max_length"));
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { showTokens(current.row()); });
    connect(&m_editor, &ExperimentEditor::issuesChanged, this,
            [this] { m_form->setIssues(m_editor.issues()); });
}

void DatasetCard::setRecent(const QStringList& files)
{
    m_recent = files;
    refreshSources();
}

void DatasetCard::refreshSources()
{
    const DataConfig& config = m_editor.experiment().data;
    const QSignalBlocker sourceBlocker(m_source);
    const QSignalBlocker evalBlocker(m_eval);
    QStringList sources{QStringLiteral("builtin:sentiment"), QStringLiteral("builtin:topics")};
    for (const QString& file : m_recent + QStringList{qstr(config.train)}) {
        if (!file.isEmpty() && !sources.contains(file))
            sources += file;
    }
    m_source->clear();
    for (const QString& source : sources) {
        m_source->addItem(sourceName(source.toStdString()), source);
        m_source->setItemData(m_source->count() - 1, source, Qt::ToolTipRole);
    }
    m_source->setCurrentIndex(m_source->findData(qstr(config.train)));
    m_eval->clear();
    const bool isBuiltin = config.train.starts_with("builtin:");
    m_eval->addItem(isBuiltin ? tr("its own evaluation rows") : tr("held-out share"), QString());
    if (config.eval)
        m_eval->addItem(sourceName(*config.eval), qstr(*config.eval));
    m_eval->addItem(tr("Open file…"));
    m_eval->setCurrentIndex(config.eval ? 1 : 0);
    m_evalShare->setVisible(!config.eval && !isBuiltin);
}

void DatasetCard::refreshColumns()
{
    const ColumnMapping& chosen = m_editor.experiment().data.columns;
    for (int role = 0; role < 3; ++role) {
        QComboBox* combo = m_columns[role];
        const QSignalBlocker blocker(combo);
        combo->clear();
        if (role == 1)
            combo->addItem(tr("none"), QString());
        for (const std::string& column : m_preview.columns)
            combo->addItem(qstr(column), qstr(column));
        const auto field = mappingField(role);
        const auto& value = chosen.*field ? chosen.*field : m_preview.mapping.*field;
        combo->setCurrentIndex(
            std::max(role == 1 ? 0 : -1, combo->findData(value ? qstr(*value) : QString())));
        combo->setEnabled(!m_preview.columns.empty() && !m_preview.isTokenized);
    }
}

void DatasetCard::editColumn(int role, const QString& column)
{
    m_editor.edit(tr("Choose column"), [&](ExperimentConfig& e) {
        // The roles the file left to inference are written out with the edited one: they belong together now.
        ColumnMapping& mapping = e.data.columns;
        for (int other = 0; other < 3; ++other) {
            const auto field = mappingField(other);
            if (!(mapping.*field))
                mapping.*field = m_preview.mapping.*field;
        }
        mapping.*mappingField(role) = column.isEmpty() ? std::nullopt : std::optional(column.toStdString());
    });
}

void DatasetCard::chooseFile()
{
    const QString filter = tr("Data (*.csv *.tsv *.jsonl *.json *.txt);;All files (*)");
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open training data"), m_recent.value(0), filter);
    if (file.isEmpty())
        return;
    m_editor.edit(tr("Choose data"), [&](ExperimentConfig& e) {
        e.data.train = file.toStdString();
        e.data.columns = {};
        e.data.eval.reset();
    });
}

void DatasetCard::chooseEvalFile()
{
    const QString filter = tr("Data (*.csv *.tsv *.jsonl *.json *.txt);;All files (*)");
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open evaluation data"), m_recent.value(0), filter);
    if (!file.isEmpty())
        m_editor.edit(tr("Choose evaluation data"),
                      [&](ExperimentConfig& e) { e.data.eval = file.toStdString(); });
    refreshSources();
}

QString DatasetCard::countsText() const
{
    return tr("%1 rows to train, %2 to evaluate")
        .arg(QLocale().toString(qlonglong(m_preview.trainRows)),
             QLocale().toString(qlonglong(m_preview.evalRows)));
}

void DatasetCard::refreshLabels()
{
    std::vector<BarRow> rows;
    for (const LabelCount& count : m_preview.labels) {
        const double share = double(count.trainRows) / double(std::max<std::int64_t>(1, m_preview.trainRows));
        rows.push_back({qstr(count.label), double(count.trainRows),
                        tr("%1, %2").arg(QLocale().toString(qlonglong(count.trainRows)), qPercent(share)),
                        tr("%1: %2 rows to train, %3 to evaluate")
                            .arg(qstr(count.label))
                            .arg(count.trainRows)
                            .arg(count.evalRows),
                        mixed(accentColor(palette()), palette().color(QPalette::Window), 0.35)});
    }
    constexpr std::size_t kShown = 12;
    if (rows.size() > kShown)
        rows.resize(kShown);
    m_labels->setVisible(!rows.empty());
    m_labels->setRows(std::move(rows));
}

void DatasetCard::setPreview(const DatasetPreview& preview)
{
    m_preview = preview;
    m_status->setText({});
    m_lengths->setCounts(preview.lengthCounts);
    m_lengths->setVisible(true);
    m_counts->setText(countsText());
    m_counts->show();
    refreshLabels();
    refreshColumns();
    QStringList remarks;
    for (const std::string& notice : preview.notices)
        remarks += qstr(notice);
    int shown = 0;
    for (const DataRemark& remark : preview.problems) {
        if (shown++ == kRemarksShown)
            break;
        remarks +=
            remark.line > 0 ? tr("line %1: %2").arg(remark.line).arg(qstr(remark.text)) : qstr(remark.text);
    }
    if (preview.problems.size() > kRemarksShown)
        remarks += tr("and %1 more remarks").arg(preview.problems.size() - kRemarksShown);
    m_remarks->setText(remarks.join(u'\n'),
                       preview.problems.empty() ? MutedLabel::Tone::Muted : MutedLabel::Tone::Warning);
    m_rows->setPreview(preview);
    m_table->setVisible(!preview.rows.empty());
    for (int column = 0; column < m_rows->columnCount(); ++column) {
        const bool isText = preview.mapping.text &&
                            preview.columns[static_cast<std::size_t>(column)] == *preview.mapping.text;
        m_table->horizontalHeader()->setSectionResizeMode(column, isText ? QHeaderView::Stretch
                                                                         : QHeaderView::ResizeToContents);
    }
    showTokens(0);
}

void DatasetCard::showTokens(int row)
{
    const bool isKnown = row >= 0 && row < static_cast<int>(m_preview.tokens.size());
    m_tokens->setTokens(isKnown ? m_preview.tokens[static_cast<std::size_t>(row)]
                                : std::vector<std::string>{});
}

void DatasetCard::clearPreview(const QString& text)
{
    m_preview = {};
    m_rows->setPreview(m_preview);
    m_lengths->setCounts({});
    m_lengths->hide();
    m_counts->hide();
    m_table->hide();
    m_remarks->setText({});
    refreshLabels();
    refreshColumns();
    showTokens(-1);
    m_status->setText(text);
}

void DatasetCard::setModelLimit(int positions)
{
    m_lengths->setLimit(positions);
}

} // namespace lora::ui
